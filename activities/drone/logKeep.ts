/**
 * What a drone has of a long log on its disk, in bytes: so much of its beginning and of its end. The supervisor gives the room of
 * the middle back while the build prints; there the file reads as zeros, and its size and offsets stay what they are.
 */
export interface LogKeep {
  head: number;
  tail: number;
}

/** More than the binhost keeps: what it is to get must not go before it was sent. Bytes */
const MARGIN = 8 * 1024 * 1024;

/** @param limitBytes what the binhost keeps of one log. */
export function keepFor(limitBytes: number): LogKeep {
  return { head: Math.ceil(limitBytes / 2), tail: Math.ceil(limitBytes / 2) + MARGIN };
}

/**
 * Where reading may go on in a log that has `size` bytes, having come to `offset`: behind the part that may have gone. What is
 * read before that is only sure if it still is allowed by the size that the log has after the reading.
 */
export function keptFrom({ head, tail }: LogKeep, offset: number, size: number): number {
  return offset < head ? offset : Math.max(offset, Math.min(size, Math.max(head, size - tail)));
}
