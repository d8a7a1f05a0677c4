import { messageOf } from "../../../model/errors.ts";

/** Less than a try of the workflow has. ms */
const ANSWER_WITHIN_MS = 15_000;
/** Of an answer that says what was wrong. characters */
const MAX_ANSWER = 200;
const MAX_READ = 4_096;

export interface ChannelRequest {
  method: "GET" | "POST";
  url: string;
  headers: Record<string, string>;
  body: string | null;
}

/** Sends it and returns the answer in a few words. @throws where it is not a success. */
export async function request({ method, url, headers, body }: ChannelRequest): Promise<string> {
  const { host } = new URL(url);
  let response: Response;
  try {
    response = await fetch(url, {
      ...{ method, headers, body, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) },
      // A token goes to the address that was configured, and nowhere else.
      redirect: "manual",
    });
  } catch (error) {
    if (error instanceof Error && error.name === "TimeoutError") {
      throw new Error(`${host}: no answer within ${ANSWER_WITHIN_MS / 1000} s`);
    }
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(`${host}: ${messageOf(cause) || "no answer"}`);
  }
  const status = `${host}: HTTP ${response.status}`;
  if (response.ok) {
    // Unread it would keep its connection.
    await response.body?.cancel();
    return status;
  }
  const text = (await beginningOf(response)).trim().slice(0, MAX_ANSWER);
  throw new Error(text === "" ? status : `${status}: ${text}`);
}

/** Whatever is at an address may say as much as it likes. */
async function beginningOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    // Leaving the loop closes the connection.
    for await (const chunk of body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > MAX_READ) break;
    }
  } catch {
    // What came until then will do.
  }
  return text;
}

/** As a bearer token, where there is one. */
export function authorization(token: string | null): Record<string, string> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}
