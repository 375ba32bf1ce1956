# Completion of sluice for bash. Made by scripts/generate.ts from the help of the program: do not edit.
# shellcheck shell=bash disable=SC2207

_sluice() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  case $before in
    -c | --file | -o)
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen -f -- "$word"))
      return
      ;;
    --play | --players | --publish | --publishers | --bitrate | --ramp | --warmup | --duration | --stalled | --slow | --decrypt | --pid | --server | --action | --seconds | --address | --vhost)
      return
      ;;
  esac
  case ${COMP_WORDS[1]} in
    bench)
      COMPREPLY=($(compgen -W "--play --players --publish --publishers --file --bitrate --ramp --warmup --duration --stalled --slow --decrypt --pid --server --insecure --json -h --help" -- "$word"))
      ;;
    config)
      COMPREPLY=($(compgen -W "default demo full -o -h --help" -- "$word"))
      ;;
    doctor)
      COMPREPLY=($(compgen -W "-c -e --json -h --help" -- "$word"))
      ;;
    hash-password)
      COMPREPLY=($(compgen -W "-h --help" -- "$word"))
      ;;
    health)
      COMPREPLY=($(compgen -W "-c -e --demo --pid -h --help" -- "$word"))
      ;;
    import)
      COMPREPLY=($(compgen -W "-o --force --strict --verbose -h --help" -- "$word"))
      [[ $word == -* ]] || COMPREPLY=($(compgen -f -- "$word"))
      ;;
    sign-url)
      COMPREPLY=($(compgen -W "--action --seconds --address --vhost -h --help" -- "$word"))
      ;;
    *)
      local words="-h --help -v -V --version -g -G -e -t -c --demo --foreground"
      [[ $COMP_CWORD == 1 ]] && words+=" bench config doctor hash-password health import sign-url"
      COMPREPLY=($(compgen -W "$words" -- "$word"))
      ;;
  esac
}

complete -F _sluice sluice
