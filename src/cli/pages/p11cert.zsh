#compdef p11cert
# zsh completion for p11cert(1). The build puts what is known of verbs and options between the helpers and the last line, from
# the tables of the program: _p11cert_verbs, _p11cert_is_subcommand, and by verb _p11cert_options, _p11cert_value (of an option) and
# _p11cert_arguments.

_p11cert_words() { compadd -- "$@" }

# NAME:DESCRIPTION... With -o, zsh offers what follows only behind a '-'.
_p11cert_described()
{
    local -a described=("$@") kind
    [[ $PREFIX = -* ]] && kind=(-o)
    _describe $kind 'p11cert' described
}

_p11cert_files()
{
    case $1 in
    -d) _files -/ ;;
    *) _files ;;
    esac
}

# Where a secret is read: prompt, file:PATH, fd:N, env:NAME or credential:NAME; a program (|) is left to the user.
_p11cert_source()
{
    if compset -P 'file:'; then
        _files
    elif compset -P 'env:'; then
        compadd -- ${(k)parameters[(R)*export*]}
    else
        compadd -- prompt pinentry askpass
        compadd -S '' -- file: fd: env: credential:
    fi
}

# What a token shows without a login (labels of keys and tokens, templates of certificates), and names from the configuration
# and of what is built in.
_p11cert_live()
{
    local -a options=(--token-timeout 3s) labels # somebody waits
    local i
    for ((i = 3; i < CURRENT; i++)); do
        case ${words[i]} in
        --module | --module-init-args | --token | --site) ((i + 1 < CURRENT)) && options+=("$words[i]" "${(Q)words[i+1]}") ;;
        --module=* | --module-init-args=* | --token=* | --site=*) options+=("${(Q)words[i]}") ;;
        esac
    done
    labels=("${(@f)$(${(Q)words[1]} --complete $1 $options 2>/dev/null </dev/null)}")
    compadd -- ${labels:#}
}

_p11cert()
{
    local verb=$words[2] option=
    if ((CURRENT == 2)) || { ((CURRENT == 3)) && [[ $verb = help ]] }; then
        _p11cert_verbs
        return
    fi
    if ((CURRENT > 3)) && [[ $verb = help ]]; then
        ((CURRENT == 4)) && _p11cert_arguments "help $words[3]"
        return
    fi
    if ((CURRENT > 3)) && _p11cert_is_subcommand "$verb $words[3]"; then
        verb="$verb $words[3]"
    fi
    case $PREFIX in
    --*=*)
        option=${PREFIX%%=*}
        compset -P '*='
        _p11cert_value "$verb $option"
        return
        ;;
    esac
    case ${words[CURRENT-1]} in
    --*=*) ;;
    -*) _p11cert_value "$verb ${words[CURRENT-1]}" && return ;;
    esac
    case $PREFIX in
    -*) _p11cert_options "$verb" ;;
    *) _p11cert_arguments "$verb" ;;
    esac
}
