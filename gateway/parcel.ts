/** Something that is sent to streams: the same bytes for all of them, made and kept once. */
export class Parcel {
  /** As HTTP/1.1 has it in a chunked answer, so that all connections get the same: one write each, nothing copied. */
  readonly chunked: Buffer;
  /** For a reader that knows no chunks. */
  readonly plain: Buffer;
  /** Who has taken it has heard everything up to this id. */
  readonly upTo: number;
  /** Readers that it waits for. */
  holders = 0;

  constructor(text: string, upTo: number) {
    const head = `${Buffer.byteLength(text).toString(16)}\r\n`;
    this.chunked = Buffer.from(`${head}${text}\r\n`);
    this.plain = this.chunked.subarray(head.length, -2);
    this.upTo = upTo;
  }
}

export function frameOf(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}

/** The state's JSON with the role of who gets it, and when the engine answered last: that alone is no change. */
export function closed(json: string, role: string | null, at: number): string {
  return `${json},"at":${at},"role":${JSON.stringify(role)}}`;
}
