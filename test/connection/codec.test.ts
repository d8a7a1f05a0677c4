import { gzipSync } from "node:zlib";
import { defaultPayloadConverter, type Payload } from "@temporalio/common";
import { expect, test } from "vitest";
import { compressingCodec } from "../../connection/codec.ts";

const KIB = 1024;
const context = { type: "workflow", namespace: "default", workflowId: "w" } as const;

function payloadOf(value: unknown): Payload {
  return defaultPayloadConverter.toPayload(value);
}

const sizeOf = (payload: Payload | undefined): number => payload?.data?.length ?? 0;

test.each([
  ["text", { plan: "dev-libs/libalpha-1.0 ".repeat(20_000) }],
  ["bytes", new Uint8Array(100 * KIB).fill(7)],
  ["what does not shrink", Uint8Array.from({ length: 50 * KIB }, (_, i) => (i * i * 2654435761) >>> 24)],
  ["a plan", { packages: Array.from({ length: 999 }, (_, i) => ({ cpv: `a/b-${i}`, build: [i], at: 1e12 + i })) }],
  ["small", { run: "desktop-1" }],
  ["nothing", undefined],
])("%s comes back as it was", async (_, value) => {
  const [encoded] = await compressingCodec.encode([payloadOf(value)], context);
  const [decoded] = await compressingCodec.decode([encoded ?? {}], context);
  const original = payloadOf(value);
  expect(decoded?.metadata).toEqual(original.metadata);
  // As plain bytes: it may come back as a Buffer.
  expect(Buffer.from(decoded?.data ?? [])).toEqual(Buffer.from(original.data ?? []));
});

test("large payloads shrink, small ones stay readable in the Web UI", async () => {
  const large = payloadOf("x".repeat(3 * KIB * KIB));
  const small = payloadOf("x".repeat(15 * KIB));
  const [first, second] = await compressingCodec.encode([large, small], context);
  expect(sizeOf(first)).toBeLessThan(sizeOf(large) / 100);
  expect(second).toBe(small);
});

test("what earlier versions have compressed is read", async () => {
  const original = payloadOf("x".repeat(20 * KIB));
  const encoded = {
    metadata: { encoding: Buffer.from("binary/swarm-gzip"), "swarm-original-encoding": Buffer.from("json/plain") },
    data: gzipSync(original.data ?? new Uint8Array()),
  };
  const [decoded] = await compressingCodec.decode([encoded], context);
  expect(Buffer.from(decoded?.data ?? [])).toEqual(Buffer.from(original.data ?? []));
});

test("payloads of others, compressed in another way, are left alone", async () => {
  const foreign = { metadata: { encoding: Buffer.from("binary/encrypted") }, data: Buffer.alloc(20) };
  expect(await compressingCodec.decode([foreign], context)).toEqual([foreign]);
});
