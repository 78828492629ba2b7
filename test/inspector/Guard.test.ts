import { assert, describe, it } from "@effect/vitest"
import * as Guard from "../../src/inspector/Guard.ts"

const open: Guard.Policy = { password: Buffer.alloc(0), readOnly: true }
const withPassword: Guard.Policy = { password: Buffer.from("secret"), readOnly: true }
const mayAct: Guard.Policy = { password: Buffer.alloc(0), readOnly: false }
const host = { host: "localhost:8001" }
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`

const status = (headers: Guard.Asked["headers"], policy = open, method = "GET"): number =>
  Guard.check({ method, headers }, policy)?.status ?? 200

describe("Guard", () => {
  it("answers to the names of this machine only, whatever the port", () => {
    for (const name of ["localhost", "LOCALHOST:1", "127.0.0.1:8001", "[::1]:8001"]) {
      assert.strictEqual(status({ host: name }), 200, name)
    }
    for (
      const name of [undefined, "", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8001", "10.0.0.1"]
    ) {
      assert.strictEqual(status({ host: name }), 403, name)
    }
  })

  it("refuses requests that another site makes, and follows links from there", () => {
    assert.strictEqual(status({ ...host, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }), 403)
    assert.strictEqual(status({ ...host, "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" }), 403)
    assert.strictEqual(status({ ...host, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }), 200)
    assert.strictEqual(
      status({ ...host, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, mayAct, "POST"),
      403
    )
    assert.strictEqual(status({ ...host, "sec-fetch-site": "same-origin" }), 200)
  })

  it("asks for the password of the default user where there is one", () => {
    const answer = (authorization: string | undefined) => status({ ...host, authorization }, withPassword)
    assert.strictEqual(answer(undefined), 401)
    assert.strictEqual(answer(basic("default:secret")), 200)
    assert.strictEqual(answer(basic(":secret")), 200)
    for (
      const wrong of [basic("default:Secret"), basic("other:secret"), basic("secret"), "Bearer secret", "Basic", ""]
    ) {
      assert.strictEqual(answer(wrong), 401, wrong)
    }
  })

  it("lets nobody act unless that is allowed, and then only the page itself", () => {
    const own = { ...host, [Guard.ACTION_HEADER]: "1" }
    assert.strictEqual(status(own, open, "POST"), 403)
    assert.strictEqual(status(own, mayAct, "POST"), 200)
    assert.strictEqual(status(host, mayAct, "POST"), 403)
    assert.strictEqual(status(own, mayAct, "DELETE"), 405)
  })
})
