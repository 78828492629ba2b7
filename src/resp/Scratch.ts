/**
 * A buffer that one after the other uses for as long as a turn takes. Buffers that are made and dropped for every chunk of
 * input pile up outside of V8's heap, tens of megabytes of them, before it looks for them.
 */
const BYTES = 256 * 1024

export class Scratch {
  private buffer: Buffer | undefined = undefined
  private lent = false

  /** The buffer, which has at least so many bytes; undefined when somebody has it, or more is asked than it has. */
  lend(bytes: number): Buffer | undefined {
    if (this.lent || bytes > BYTES) return undefined
    this.lent = true
    return this.buffer ??= Buffer.allocUnsafeSlow(BYTES)
  }

  giveBack(): void {
    this.lent = false
  }
}
