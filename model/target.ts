/** The build settings that reach a compiler, by variable name: CFLAGS, CXXFLAGS, FFLAGS, FCFLAGS, LDFLAGS and the like. Whitespace is collapsed. */
export type BuildSettings = Record<string, string>;

/** The variables that make up BuildSettings. */
export const SETTING_NAMES = ["CFLAGS", "CXXFLAGS", "FFLAGS", "FCFLAGS", "LDFLAGS"] as const;

/**
 * A target: the Portage configuration that binaries are built for. Immutable and addressed by the SHA-256 of its
 * canonical JSON (keys sorted); a run pins one.
 */
export interface TargetBundle {
  format: 1;
  name: string;
  /** Repository name -> path of the profile in it: `demo` and `demo/amd64`. */
  profile: { repository: string; path: string };
  /** Files under etc/portage by relative path -> text: make.conf, package.use/..., package.env, env/..., sets/... */
  files: Record<string, string>;
  /** Atoms and @sets of the world, in file order. */
  world: string[];
}

/** How a target's tree reaches the drones. Part of the swarm's configuration, one per repository. */
export interface TreeSource {
  /** Repository name, as in profiles/repo_name. */
  name: string;
  sync: "git" | "rsync" | "directory";
  /** git URL or path, rsync URL, or absolute directory. */
  uri: string;
}
