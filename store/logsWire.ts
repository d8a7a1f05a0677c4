import { z } from "zod";
import type { LogCut, LogFailure, LogInfo, LogState } from "../model/logs.ts";

const CutSchema: z.ZodType<LogCut> = z.object({ from: z.int().nonnegative(), to: z.int().nonnegative() });

export const LogFailureSchema: z.ZodType<LogFailure> = z.object({
  phase: z.string().max(50).exactOptional(),
  errorLine: z.string().max(1000).exactOptional(),
});

export const LogStateSchema: z.ZodType<LogState> = z.object({
  begun: z.int().nullable(),
  end: z.int().nonnegative(),
  complete: z.boolean(),
  cut: CutSchema.nullable(),
  keeps: z.object({ head: z.int().positive(), tail: z.int().positive() }),
});

export const LogInfoSchema: z.ZodType<LogInfo> = z.object({
  cpv: z.string(),
  attempt: z.int().positive(),
  size: z.int().nonnegative(),
  complete: z.boolean(),
  cut: CutSchema.nullable(),
  failed: LogFailureSchema.nullable(),
});

const Bytes = z.coerce.number().int().nonnegative();

/** What the headers of a part of a log say. */
export const LogHeadersSchema = z.object({
  "log-offset": Bytes,
  "log-size": Bytes,
  "log-begun": Bytes,
  "log-complete": z.enum(["true", "false"]).transform((it) => it === "true"),
  "log-cut": z
    .string()
    .regex(/^\d+-\d+$/)
    .transform((it): LogCut => {
      const [from = 0, to = 0] = it.split("-").map(Number);
      return { from, to };
    })
    .optional(),
});
