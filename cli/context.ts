import type { Client } from "@temporalio/client";
import type { LoadedConfig } from "../config/load.ts";
import type { SwarmConfig } from "../config/schema.ts";
import type { BinhostClient } from "../store/client.ts";
import { coloured, type Paint, plain, wantsColour } from "./paint.ts";
import { printable } from "./printable.ts";

/** The process around a command. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  cwd: string;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

export interface GlobalOptions {
  /** `--config FILE` */
  config?: string;
  json?: boolean;
}

/** Computes a value at its first use. A failure is not kept: the next use tries again. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => {
    value ??= make().catch((error: unknown) => {
      value = undefined;
      throw error;
    });
    return value;
  };
}

/**
 * What a verb works with. Everything that costs time (configuration, connections and the libraries behind them) is
 * loaded at its first use.
 */
export class Context {
  readonly around: Surroundings;
  /** `--json`: the answer goes to stdout as one JSON value, and nothing else does. */
  readonly json: boolean;
  /** `--config`, as given. */
  readonly configPath: string | undefined;
  /** Somebody sits before stdout: progress may be redrawn in place. */
  readonly terminal: boolean;
  readonly paint: Paint;
  /** The exit code of a verb that ends without an error: 1 where its answer is bad news. */
  exitCode: 0 | 1 = 0;
  private readonly closers: (() => Promise<void>)[] = [];

  constructor(around: Surroundings, options: GlobalOptions) {
    this.around = around;
    this.json = options.json === true;
    this.configPath = options.config;
    this.terminal = around.stdout.isTTY === true && !this.json;
    this.paint = wantsColour(around.stdout, around.env) && !this.json ? coloured : plain;
  }

  /** The configuration, with the file it came from and where each value comes from. UserError: it is wrong. */
  readonly loadedConfig: () => Promise<LoadedConfig> = lazily(async () => {
    const { loadConfig } = await import("../config/load.ts");
    const { env, cwd } = this.around;
    return loadConfig({ env, cwd, ...(this.configPath === undefined ? {} : { path: this.configPath }) });
  });

  async config(): Promise<SwarmConfig> {
    return (await this.loadedConfig()).config;
  }

  private readonly engine = lazily(async () => {
    const config = await this.config();
    const { EngineConnection } = await import("../connection/engineConnection.ts");
    const engine = new EngineConnection(config);
    this.closers.push(() => engine.close());
    return engine;
  });

  /** A client of the engine, wherever that is by now. UserError: there is no server. */
  readonly client = async (): Promise<Client> => (await this.engine()).client();

  /** A client of the binhost with the swarm's token; without one where the token file is not there yet. */
  readonly binhost: () => Promise<BinhostClient> = lazily(async () => {
    const [config, { BinhostClient }, { readFile }] = await Promise.all([
      this.config(),
      import("../store/client.ts"),
      import("node:fs/promises"),
    ]);
    const token = await readFile(config.swarm.tokenFile, "utf8").catch(() => "");
    return new BinhostClient(config.binhost.url, token.trim());
  });

  /** Who acts, for the record of runs and drones. */
  get by(): string {
    return this.around.env.SUDO_USER ?? this.around.env.USER ?? this.around.env.LOGNAME ?? "operator";
  }

  /** Results: to stdout, one line or several. */
  print(lines: string | readonly string[] = ""): void {
    this.around.stdout.write(`${printable(typeof lines === "string" ? lines : lines.join("\n"))}\n`);
  }

  /** Remarks that are no part of the result: to stderr. */
  note(text: string): void {
    this.around.stderr.write(`${printable(text)}\n`);
  }

  /** The answer of `--json`. */
  printJson(value: unknown): void {
    this.around.stdout.write(`${printable(JSON.stringify(value, null, 2))}\n`);
  }

  /** Closes the connections that were opened. */
  async close(): Promise<void> {
    for (const close of this.closers.splice(0)) await close().catch(() => undefined);
  }
}
