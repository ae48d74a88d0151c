# bash completion for p11cert(1). The build appends what is known of verbs and options, from the tables of the program:
# _p11cert_verbs, _p11cert_is_subcommand, and by verb _p11cert_options, _p11cert_value (of an option) and _p11cert_arguments.

_p11cert_words()
{
    local IFS=$' \t\n'
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$*" -- "$cur")
}

_p11cert_files()
{
    compopt -o filenames 2>/dev/null
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen "$1" -- "$cur")
}

# Where a secret is read: prompt, file:PATH, fd:N, env:NAME or credential:NAME; a program (|) is left to the user.
_p11cert_source()
{
    case $scheme in
    file) _p11cert_files -f ;;
    env) mapfile -t COMPREPLY < <(compgen -v -- "$cur") ;;
    '')
        compopt -o nospace 2>/dev/null
        _p11cert_words prompt pinentry askpass file: fd: env: credential:
        ;;
    esac
}

# What a token shows without a login (labels of keys and tokens, templates of certificates), and names from the configuration
# and of what is built in. A name with other characters than these is left to the user.
_p11cert_live()
{
    local options=(--token-timeout 3s) i line # somebody waits
    for ((i = 2; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --module | --module-init-args | --token | --site) ;;
        *) continue ;;
        esac
        [ "${COMP_WORDS[i + 1]}" != = ] || line=${COMP_WORDS[i + 2]}
        [ "${COMP_WORDS[i + 1]}" = = ] || line=${COMP_WORDS[i + 1]}
        [ $((i + 2)) -gt "$COMP_CWORD" ] || options+=("${COMP_WORDS[i]}" "$line")
    done
    while IFS= read -r line; do
        case $line in
        *[!A-Za-z0-9._@%+,/-]*) ;;
        "$cur"*) COMPREPLY+=("$line") ;;
        esac
    done < <("${COMP_WORDS[0]}" --complete "$1" "${options[@]}" 2>/dev/null </dev/null)
}

# bash makes words of their own of '=' and ':'. Finds the option that the current word is the value of.
_p11cert_find_option()
{
    local last=$((COMP_CWORD - 1))

    if [ "$cur" = : ]; then
        cur=
        scheme=${COMP_WORDS[last]}
        last=$((last - 1))
    elif [ "${COMP_WORDS[last]}" = : ]; then
        scheme=${COMP_WORDS[last - 1]}
        last=$((last - 2))
    fi
    if [ "$cur" = = ]; then
        cur=
    elif [ "${COMP_WORDS[last]}" = = ]; then
        last=$((last - 1))
    fi
    option=${COMP_WORDS[last]}
}

_p11cert()
{
    local cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} scheme='' option=''

    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ] || { [ "$COMP_CWORD" -eq 2 ] && [ "$verb" = help ]; }; then
        _p11cert_verbs
        return
    fi
    if [ "$COMP_CWORD" -gt 2 ] && [ "$verb" = help ]; then
        [ "$COMP_CWORD" -gt 3 ] || _p11cert_arguments "help ${COMP_WORDS[2]}"
        return
    fi
    if [ "$COMP_CWORD" -gt 2 ] && _p11cert_is_subcommand "$verb ${COMP_WORDS[2]}"; then
        verb="$verb ${COMP_WORDS[2]}"
    fi
    _p11cert_find_option
    case $option in
    -*) _p11cert_value "$verb $option" && return ;;
    esac
    case $cur in
    -*) _p11cert_options "$verb" ;;
    *) _p11cert_arguments "$verb" ;;
    esac
}

complete -F _p11cert p11cert
