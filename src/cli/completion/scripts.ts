import type { Shell } from './shells.js';

/**
 * The scripts ask `udscope __complete SHELL WORDS…`, of which the last word is the one at the cursor. It answers with a candidate a
 * line, behind a tab what it is, and with FILES where the shell is to complete files. Whatever it says on standard error is
 * not for a line that is being written.
 */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: String.raw`# udscope completion for bash: source <(udscope completion bash)
_udscope() {
  local line files=
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then files=1
    else COMPREPLY+=("${'$'}{line%%$'\t'*}"); fi
  done < <(udscope __complete bash "${'$'}{COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [[ $files ]] || compopt +o default +o bashdefault
}
complete -o bashdefault -o default -F _udscope udscope
`,
  zsh: String.raw`#compdef udscope
# udscope completion for zsh: source <(udscope completion zsh), behind compinit
_udscope() {
  local -a lines candidates
  local line files=
  lines=("${'$'}{(@f)$(udscope __complete zsh "${'$'}{(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "${'$'}{lines[@]}"; do
    if [[ $line == :files ]]; then files=1
    elif [[ -n $line ]]; then candidates+=("${'$'}{${'$'}{line%%$'\t'*}//:/\\:}:${'$'}{line#*$'\t'}"); fi
  done
  (( $#candidates )) && _describe udscope candidates
  [[ -n $files ]] && _files
}
if [[ $funcstack[1] == _udscope ]]; then _udscope "$@"; else compdef _udscope udscope; fi
`,
  fish: String.raw`# udscope completion for fish: udscope completion fish | source
function __udscope_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (udscope __complete fish $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            printf '%s\n' $line
        end
    end
end
complete -c udscope -f -a '(__udscope_complete)'
`,
};
