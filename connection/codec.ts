import { promisify } from "node:util";
import { brotliCompress, brotliDecompress, constants, gunzip, gzip } from "node:zlib";
import type { DataConverter, Payload, PayloadCodec } from "@temporalio/common";
import { encodingTypes, METADATA_ENCODING_KEY } from "@temporalio/common";
import { fromColumns, type Json, toColumns } from "./columns.ts";

/** Smaller payloads stay readable in the Web UI. bytes */
const THRESHOLD = 16 * 1024;
/** JSON: turned into columns, then compressed. */
const COLUMNS = "binary/swarm-columns";
/** Anything else; and JSON of earlier versions. */
const GZIP = "binary/swarm-gzip";
/** Where the payload's own encoding waits for its return. */
const ORIGINAL_KEY = "swarm-original-encoding";
/** Of 11. Higher ones take several times as long for a percent. */
const QUALITY = 5;

const text = {
  encode: (value: string) => Buffer.from(value),
  decode: (value: Uint8Array) => Buffer.from(value).toString(),
};
const deflate = promisify(gzip);
const inflate = promisify(gunzip);
const press = promisify(brotliCompress);
const unpress = promisify(brotliDecompress);

/** Compresses large payloads: the plan of a large world would not fit into 2 MB. */
export const compressingCodec: PayloadCodec = {
  encode: (payloads) => Promise.all(payloads.map(encode)),
  decode: (payloads) => Promise.all(payloads.map(decode)),
};

/** What every client and worker of the swarm converts payloads with. */
export const dataConverter: DataConverter = { payloadCodecs: [compressingCodec] };

async function encode(payload: Payload): Promise<Payload> {
  const { data, metadata } = payload;
  if (!data || data.length < THRESHOLD) return payload;
  const original = metadata?.[METADATA_ENCODING_KEY] ?? text.encode("binary/plain");
  const isJson = text.decode(original) === encodingTypes.METADATA_ENCODING_JSON;
  return {
    metadata: {
      ...metadata,
      [ORIGINAL_KEY]: original,
      [METADATA_ENCODING_KEY]: text.encode(isJson ? COLUMNS : GZIP),
    },
    data: isJson ? await compressJson(data) : await deflate(data, { level: 3 }),
  };
}

async function decode(payload: Payload): Promise<Payload> {
  const { [ORIGINAL_KEY]: original, ...metadata } = payload.metadata ?? {};
  const encoding = metadata[METADATA_ENCODING_KEY];
  if (!original || !encoding) return payload;
  const decompress = { [COLUMNS]: decompressJson, [GZIP]: inflate }[text.decode(encoding)];
  if (!decompress) return payload;
  return {
    metadata: { ...metadata, [METADATA_ENCODING_KEY]: original },
    data: await decompress(payload.data ?? new Uint8Array()),
  };
}

async function compressJson(data: Uint8Array): Promise<Uint8Array> {
  const columns = text.encode(JSON.stringify(toColumns(JSON.parse(text.decode(data)) as Json)));
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants;
  return await press(columns, {
    params: { [BROTLI_PARAM_QUALITY]: QUALITY, [BROTLI_PARAM_SIZE_HINT]: columns.length },
  });
}

async function decompressJson(data: Uint8Array): Promise<Uint8Array> {
  return text.encode(JSON.stringify(fromColumns(JSON.parse(text.decode(await unpress(data))) as Json)));
}
