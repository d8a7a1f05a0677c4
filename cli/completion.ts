/** The shells that there is a completion for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** What a completion script knows of a verb. */
export interface CompletionVerb {
  name: string;
  summary: string;
  /** Sub-commands, and the values of an argument that has a closed set. */
  words: string[];
  /** `--target`... of the verb and of its sub-commands. */
  options: string[];
}

const GLOBAL = ["--config", "--json", "--help"];

/** A script that completes the command line of `swarm`; it starts no process when it is used. */
export function completionScript(shell: Shell, verbs: readonly CompletionVerb[]): string {
  if (shell === "bash") return bash(verbs);
  return shell === "zsh" ? zsh(verbs) : fish(verbs);
}

/** In single quotes, for any of the three shells: our summaries have no backslashes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function bash(verbs: readonly CompletionVerb[]): string {
  const cases = verbs.map(
    ({ name, words, options }) => `    ${name}) words=${quoted([...words, ...options, ...GLOBAL].join(" "))} ;;`,
  );
  const names = verbs.map(({ name }) => name).join(" ");
  return `# bash completion of swarm
_swarm() {
  local word=\${COMP_WORDS[COMP_CWORD]} verb= words= index
  if [[ \${COMP_WORDS[COMP_CWORD-1]} == --config ]]; then
    COMPREPLY=($(compgen -f -- "$word"))
    return
  fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    case \${COMP_WORDS[index]} in
      --config) ((index++)) ;;
      -* | help) ;;
      *) verb=\${COMP_WORDS[index]}; break ;;
    esac
  done
  case $verb in
    '') words=${quoted(`${names} help ${GLOBAL.join(" ")} --version`)} ;;
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  # A verb that takes a file: nothing of ours begins like the word.
  if [[ \${#COMPREPLY[@]} -eq 0 && -n $verb ]]; then COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -F _swarm swarm
`;
}

function zsh(verbs: readonly CompletionVerb[]): string {
  const names = verbs.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(":", "\\:")}`)}`);
  const cases = verbs.map(
    ({ name, words, options }) => `    ${name}) compadd -- ${[...words, ...options, ...GLOBAL].join(" ")} ;;`,
  );
  return `#compdef swarm
# zsh completion of swarm
_swarm() {
  local -a verbs
  local verb index
  verbs=(
${names.join("\n")}
  )
  if [[ \${words[CURRENT-1]} == --config ]]; then
    _files
    return
  fi
  for ((index = 2; index < CURRENT; index++)); do
    case \${words[index]} in
      --config) ((index++)) ;;
      -*|help) ;;
      *) verb=\${words[index]}; break ;;
    esac
  done
  case $verb in
    '') _describe verb verbs; compadd -- ${GLOBAL.join(" ")} --version ;;
${cases.join("\n")}
  esac
  [[ -n $verb ]] && _files
}
if [[ $funcstack[1] == _swarm ]]; then _swarm "$@"; else compdef _swarm swarm; fi
`;
}

function fish(verbs: readonly CompletionVerb[]): string {
  const lines = verbs.flatMap(({ name, summary, words, options }) => {
    const seen = `-n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
    return [
      `complete -c swarm -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
      ...words.map((word) => `complete -c swarm ${seen} -f -a ${word}`),
      ...options.map((option) => `complete -c swarm ${seen} -l ${option.slice(2)}`),
    ];
  });
  return `# fish completion of swarm
complete -c swarm -l config -r -d 'configuration file'
complete -c swarm -l json -d 'print the answer as JSON'
${lines.join("\n")}
`;
}
