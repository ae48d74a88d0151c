# fish completion for p11cert(1). The build appends a rule for each verb, option and argument, from the tables of the program, and
# the list of subcommands.

# The verb of the command line, with its subcommand; empty while it is being typed.
function __p11cert_verb
    set -l words (commandline -opc)
    set -l two "$words[2] $words[3]"
    if test "$words[2]" = help
        echo $words[2..-1]
    else if contains -- "$two" $__p11cert_subcommands
        echo $two
    else
        echo $words[2]
    end
end

function __p11cert_is
    test (__p11cert_verb)"" = "$argv"
end

# Where a secret is read; a program (|) is left to the user.
function __p11cert_source
    set -l typed (commandline -ct | string replace -r '^--[^=]*=' '')
    switch $typed
        case 'file:*'
            for path in (__fish_complete_path (string replace file: '' -- $typed) | string replace -r '\t.*' '')
                printf 'file:%s\t\n' $path
            end
        case 'env:*'
            printf 'env:%s\t\n' (set -nx)
        case '*'
            printf '%s\t\n' prompt pinentry askpass file: fd: env: credential:
    end
end

# What a token shows without a login (labels of keys and tokens, templates of certificates), and names from the configuration
# and of what is built in.
function __p11cert_live
    set -l words (commandline -opc)
    set -l options --token-timeout 3s # somebody waits
    for i in (seq 3 (count $words))
        switch $words[$i]
            case --module --module-init-args --token --site
                test $i -lt (count $words); and set -a options $words[$i] $words[(math $i + 1)]
            case '--module=*' '--module-init-args=*' '--token=*' '--site=*'
                set -a options $words[$i]
        end
    end
    $words[1] --complete $argv[1] $options 2>/dev/null </dev/null | string replace -r '$' '\t'
end

complete -c p11cert -f
complete -c p11cert -n "__p11cert_is ''" -x -a help -d 'describe a verb'
complete -c p11cert -n "__p11cert_is ''" -l help -s h -d 'list the verbs'
complete -c p11cert -n "__p11cert_is ''" -l version -d 'print the version'
