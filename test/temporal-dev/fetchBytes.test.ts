import { expect, test } from "vitest";
import { freePort } from "../../system/ports.ts";
import { fetchBytes } from "../../temporal-dev/fetchBytes.ts";
import { serve } from "./release.ts";

const limits = { stallMs: 10_000, maxBytes: 1_000 };

test("gives the bytes, and tells how far it is", async () => {
  const url = `${await serve({ "/file": Buffer.alloc(700, 7) })}/file`;
  const told: [number, number | null][] = [];
  const bytes = await fetchBytes(url, { ...limits, onReceived: (...progress) => told.push(progress) });
  expect(bytes).toEqual(Buffer.alloc(700, 7));
  expect(told.at(-1)).toEqual([700, 700]);
});

test("an error status is an error that names the address", async () => {
  const url = await serve({});
  await expect(fetchBytes(`${url}/none`, limits)).rejects.toThrow(`${url}/none: HTTP 404`);
});

test("nothing listens there", async () => {
  const url = `http://127.0.0.1:${await freePort("127.0.0.1")}/file`;
  await expect(fetchBytes(url, limits)).rejects.toThrow(/ECONNREFUSED/);
});

test("a server that takes the request and says nothing", async () => {
  const url = `${await serve({ "/file": () => {} })}/file`;
  await expect(fetchBytes(url, { ...limits, stallMs: 100 })).rejects.toThrow("nothing received for 0.1 s");
});

test("a server that stops in the middle", async () => {
  const url = `${await serve({ "/file": (_, response) => void response.write("begun") })}/file`;
  await expect(fetchBytes(url, { ...limits, stallMs: 100 })).rejects.toThrow("nothing received for 0.1 s");
});

test("a slow body is no stall as long as something comes", async () => {
  const url = await serve({
    "/file": async (_, response) => {
      for (let i = 0; i < 8; i++) {
        response.write("x");
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      response.end();
    },
  });
  expect((await fetchBytes(`${url}/file`, { ...limits, stallMs: 1_000 })).length).toBe(8);
});

test("a connection that is cut", async () => {
  const url = await serve({
    "/file": (_, response) => {
      response.writeHead(200, { "content-length": "500" }).write("begun", () => response.destroy());
    },
  });
  await expect(fetchBytes(`${url}/file`, limits)).rejects.toThrow(/other side closed|ECONNRESET|aborted/);
});

test("more than expected is not taken in", async () => {
  const url = `${await serve({ "/file": Buffer.alloc(2_000) })}/file`;
  await expect(fetchBytes(url, limits)).rejects.toThrow("more than the 1000 bytes");
});
