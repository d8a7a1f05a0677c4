import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { DataConverter, Payload, PayloadCodec } from "@temporalio/common";
import { METADATA_ENCODING_KEY } from "@temporalio/common";

/** Smaller payloads stay readable in the Web UI. bytes */
const THRESHOLD = 16 * 1024;
const ENCODING = "binary/swarm-gzip";
/** Where the payload's own encoding waits for its return. */
const ORIGINAL_KEY = "swarm-original-encoding";

const text = {
  encode: (value: string) => Buffer.from(value),
  decode: (value: Uint8Array) => Buffer.from(value).toString(),
};
const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Compresses large payloads: the plan of a large world would not fit into 2 MB. */
export const compressingCodec: PayloadCodec = {
  encode: (payloads) => Promise.all(payloads.map(encode)),
  decode: (payloads) => Promise.all(payloads.map(decode)),
};

/** What every client and worker of the swarm converts payloads with. */
export const dataConverter: DataConverter = { payloadCodecs: [compressingCodec] };

async function encode(payload: Payload): Promise<Payload> {
  if (!payload.data || payload.data.length < THRESHOLD) return payload;
  return {
    metadata: {
      ...payload.metadata,
      [ORIGINAL_KEY]: payload.metadata?.[METADATA_ENCODING_KEY] ?? text.encode("binary/plain"),
      [METADATA_ENCODING_KEY]: text.encode(ENCODING),
    },
    data: await compress(payload.data, { level: 3 }),
  };
}

async function decode(payload: Payload): Promise<Payload> {
  const { [ORIGINAL_KEY]: original, ...metadata } = payload.metadata ?? {};
  const encoding = metadata[METADATA_ENCODING_KEY];
  if (!original || !encoding || text.decode(encoding) !== ENCODING) return payload;
  return {
    metadata: { ...metadata, [METADATA_ENCODING_KEY]: original },
    data: await decompress(payload.data ?? new Uint8Array()),
  };
}
