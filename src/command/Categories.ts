/**
 * The ACL categories of a command: those of its spec, and those that follow from its flags
 * (https://redis.io/docs/management/security/acl). Pure.
 */
import type { Category, Spec } from "./Spec.ts"

/** All categories, in Redis's order. */
export const categories: ReadonlyArray<Category> = [
  "keyspace",
  "read",
  "write",
  "set",
  "sortedset",
  "list",
  "hash",
  "string",
  "bitmap",
  "hyperloglog",
  "geo",
  "stream",
  "pubsub",
  "admin",
  "fast",
  "slow",
  "blocking",
  "dangerous",
  "connection",
  "transaction",
  "scripting"
]

export const isCategory = (word: string): word is Category => (categories as ReadonlyArray<string>).includes(word)

/** In Redis's order. */
export const categoriesOf = (spec: Spec): ReadonlyArray<Category> => {
  const found = new Set<Category>(spec.categories)
  for (const flag of spec.flags) {
    if (flag === "write" || flag === "admin" || flag === "pubsub" || flag === "blocking") found.add(flag)
    // Scripts are neither: what they do counts
    if (flag === "readonly" && !found.has("scripting")) found.add("read")
    if (flag === "admin") found.add("dangerous")
  }
  found.add(spec.flags.includes("fast") ? "fast" : "slow")
  return categories.filter((category) => found.has(category))
}
