#compdef sluice
# Completion of sluice for zsh. Made by scripts/generate.ts from the help of the program: do not edit.

_sluice() {
  local -a commands
  commands=(
    'bench:Measure a server with publishers and players'
    'config:Write a configuration that is inside'
    'doctor:Look for what would keep the server from its work'
    'hash-password:Hash a password for the configuration'
    'health:Ask a running server whether it does its work'
    'import:Write the YAML that does what SRS’s file does'
    'sign-url:Sign a URL to publish or play by'
  )
  if (( CURRENT == 2 )) && [[ $PREFIX != -* ]]; then
    _describe command commands
    return
  fi
  local command=$words[2]
  case $command in
    bench) _arguments '--play[Play rtmp\://HOST/APP/STREAM, http\://HOST/PATH.flv, ws\://HOST/PATH.flv or http\://HOST/PATH.m3u8 (rtmps, https, wss too), or by WebRTC, as http\://HOST/rtc/v1/whep/?app=APP&stream=STREAM]:URL:' '--players[So many players of the --play before it]:N:' '--publish[Publish to rtmp\://HOST/APP/STREAM, or by WebRTC to http\://HOST/rtc/v1/whip/?app=APP&stream=STREAM]:URL:' '--publishers[So many publishers]:N:' '--file[Publish this FLV file, looped]:FILE:_files' '--bitrate[Publish a made-up stream of this rate, such as 200k or 2.5M]:RATE:' '--ramp[Spread the starts over this time]:SECONDS:' '--warmup[Wait after the ramp before measuring]:SECONDS:' '--duration[Measure for so long]:SECONDS:' '--stalled[So many of the players stop reading after the first frame]:PERCENT:' '--slow[So many of them read at a tenth of the rate]:PERCENT:' '--decrypt[Of WebRTC players, one in N decrypts what comes, which latency needs]:N:' '--pid[Watch processor time and memory of that process and its children]:PID:' '--server[The same from URL/metrics, such as http\://127.0.0.1\:1985]:URL:' '--insecure[Take any TLS certificate]' '--json[Print the report as one JSON object on standard output]' '-h[Show the help]' '--help[Show the help]' ;;
    config) _arguments '-o[Write to this file, which must not exist]:OUTPUT:_files' '-h[Show the help]' '--help[Show the help]' '*:word:(default demo full)' ;;
    doctor) _arguments '-c[The configuration]:FILE:_files' '-e[The configuration is in environment variables alone]' '--json[One object of JSON instead of lines]' '-h[Show the help]' '--help[Show the help]' ;;
    hash-password) _arguments '-h[Show the help]' '--help[Show the help]' ;;
    health) _arguments '-c[The configuration that the server was started with; default as when starting]:FILE:_files' '-e[Likewise, of a server that was started with one of these]' '--demo[Likewise, of a server that was started with one of these]' '--pid[The server is this process\: take its command line]:PID:' '-h[Show the help]' '--help[Show the help]' ;;
    import) _arguments '-o[Write to this file, which must not exist]:OUTPUT:_files' '--force[Replace OUTPUT]' '--strict[Write nothing and exit with 1 if anything is lost or not there yet]' '--verbose[Tell of the directives too that are carried over as they were]' '-h[Show the help]' '--help[Show the help]' '*:file:_files' ;;
    sign-url) _arguments '--action[play (default) or publish]:ACTION:' '--seconds[Good for so long; default 3600]:N:' '--address[Good for a client at this address alone]:ADDRESS:' '--vhost[The vhost that serves the stream; default that of the query, else the default one]:NAME:' '-h[Show the help]' '--help[Show the help]' ;;
    *) _arguments '-\?[Show this help and exit]' '-h[Show this help and exit]' '--help[Show this help and exit]' '-v[Show the version and exit]' '-V[Show the version and exit]' '--version[Show the version, the commit and the runtime and exit]' '-g[Show the server’s signature and exit]' '-G[Show the server’s signature and exit]' '-e[Use environment variables only, no configuration file]' '-t[Test the configuration, exit with 0 if it is good]' '-c[Start with this configuration, YAML or SRS’s own format]:FILE:_files' '--demo[Start with a test picture, to be seen at http\://localhost\:8080/]' '--foreground[Stay in the foreground, whatever `daemon` is]' ;;
  esac
}

_sluice "$@"
