/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_COMMAND_H
#define PC_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <p11cert/error.h>

/**
 * Verbs are data: one table defines the arguments of a verb. From it the arguments are parsed and checked, and its
 * --help, its man page's OPTIONS and the shell's completion are written.
 */

/** The kind of value that an option takes, and the type of the field that it fills. */
typedef enum {
    PC_OPTION_FLAG,     /**< nothing: bool */
    PC_OPTION_TEXT,     /**< const char * */
    PC_OPTION_CHOICE,   /**< one of `choices`: const char *, from the table */
    PC_OPTION_FILE,     /**< a file to be read: const char * */
    PC_OPTION_OUTPUT,   /**< a file to be written, "-" for standard output: const char * */
    PC_OPTION_NEW_FILE, /**< the same, but never standard output: const char * */
    PC_OPTION_FOLDER,   /**< const char * */
    PC_OPTION_KEY,      /**< a key's label, or a URI, which may name the token too: const char * */
    PC_OPTION_TOKEN,    /**< a token's label or URI: const char * */
    PC_OPTION_TEMPLATE, /**< a certificate template's name: const char * */
    PC_OPTION_SOURCE,   /**< where a secret comes from: const char * */
    PC_OPTION_NUMBER,   /**< a whole number from `min` to `max`: unsigned */
    PC_OPTION_DURATION, /**< "90s", from `min` to `max` seconds: int64_t, seconds */
    PC_OPTION_DAYS,     /**< "30d", a duration of whole days: pc_days */
    PC_OPTION_TEXTS,    /**< may be repeated: pc_texts */
    PC_OPTION_FILES,    /**< the same, of files */
    PC_OPTION_PAIRS,    /**< the same, of NAME:VALUE on one line each */
    PC_OPTION_SERIES,   /**< several options that share a pc_series, in which their order is kept */
    PC_OPTION_GROUP,    /**< not an option: the rows of `group`, whose struct is at `offset` */
} pc_option_kind;

#define PC_NAMES_MOST 7u

/** A row of an option table, which ends with PC_OPTIONS_END. */
typedef struct pc_option {
    const char
        *name;   /**< without "--"; for a group, its title in --help, or NULL to list it with the preceding options */
    char letter; /**< letter of the short form, or '\0' */
    pc_option_kind kind;
    size_t offset;           /**< of the field in the verb's struct */
    const char *arg;         /**< name of the value: "FILE" */
    const char *help;        /**< for --help, a line or two: no capital at its beginning, no full stop */
    const char *details;     /**< for the man page, whole sentences in scdoc(5); NULL: `help` says it all */
    const char *by_default;  /**< shown as the default; NULL if none is shown */
    const char *environment; /**< the variable that is used if the option is not given; NULL if none */
    const char *const *choices;
    const char *const *offers; /**< words that completion offers, of many that the value may be; NULL: none */
    const char *live;          /**< what completion lists by `--complete`, where the kind does not say; NULL: nothing */
    unsigned long min;
    unsigned long max;
    bool required;
    bool stands_alone;  /**< a flag that requests a listing: if it is given, nothing else is required */
    bool may_be_empty;  /**< an empty value has a meaning; else it is refused, as one from a variable that is not set */
    bool asks;          /**< a flag that makes a verb that otherwise reports give an answer, such as --dry-run */
    const char *unless; /**< another option that can replace a required one */
    /** Options that must not be given together with it; those of a group apply to its rows that have none. */
    const char *excludes[PC_NAMES_MOST];
    /** Options of which one must also be given, or be in the environment; of a group, as with `excludes`. */
    const char *needs[PC_NAMES_MOST];
    const struct pc_option *group;
} pc_option;

/** What a PC_OPTION_SOURCE takes, for its help. */
#define PC_SOURCES "prompt, pinentry, askpass, file:PATH, fd:N, env:NAME, credential:NAME, |PROGRAM"

#define PC_OPTIONS_END \
    { \
        .name = NULL \
    }

/** The positional arguments. */
typedef struct {
    const char *name;     /**< "REQUEST", "FILE.inf"; NULL: the verb takes none */
    const char *what;     /**< "the certificate", for "the certificate is missing" */
    pc_option_kind kind;  /**< a kind of text, for completion */
    size_t offset;        /**< of a const char *, or of a pc_texts if there may be several */
    unsigned min;         /**< the minimum number … */
    const char *unless;   /**< … unless this option is given */
    const char *excludes; /**< an option that must not be given together with it */
    unsigned max;
} pc_positional;

/** A number of days, which may be zero. */
typedef struct {
    bool is_given;
    int64_t sec;
} pc_days;

/** Texts in the order in which they were given. */
typedef struct {
    const char *const *items; /**< NULL-terminated; NULL if there are none */
    size_t count;
} pc_texts;

typedef struct {
    const pc_option *option;
    const char *text;
} pc_series_item;

typedef struct {
    const pc_series_item *items;
    size_t count;
} pc_series;

struct pc_cli;

/** The common options that a verb needs. */
typedef enum {
    PC_COMMAND_NEEDS_NOTHING = 0,
    PC_COMMAND_NEEDS_TOKEN = 1,  /**< the options that select a token */
    PC_COMMAND_IS_UNSEEN = 4,    /**< a shell runs it while the user types: it is not recorded */
    PC_COMMAND_RUNS_COMMAND = 2, /**< its options end at the first positional, which begins another command line */
} pc_command_needs;

/** A verb: a row of the command table (commands.c). */
typedef struct pc_command {
    const char *verb;    /**< "list", "batch accept" */
    const char *summary; /**< one line */
    const char *details; /**< paragraphs, below the options of --help; NULL if none */
    const char
        *exits; /**< "Exit code 1: …", codes of this verb in addition to the common ones; NULL if there are none */
    const char *examples;        /**< command lines, each with a line end */
    const char *const *forms;    /**< "--templates [OPTION...]", if there are several; NULL: as in the tables below */
    unsigned needs;              /**< pc_command_needs, or-ed */
    bool reports;                /**< its text reports what was done, which --quiet suppresses; else it is an answer */
    int failure_exit;            /**< the exit code of every failure; 0: that of the status */
    const char *requires;        /**< an option of a group that this verb requires; NULL if there is none */
    const char *requires_unless; /**< another option that can replace that one; NULL: none */
    pc_positional positional;
    const pc_option *options; /**< NULL if it has no options of its own */
    size_t options_size;      /**< size of the struct that they and the positionals fill */
    /** Each is selected by its last word, right after the verb; ends with NULL; NULL if there are none. */
    const struct pc_command *const *subcommands;
    /**
     * @param options  the verb's own struct, filled and checked; its texts live until the program ends
     * @return the status of the work; cli->exit_code may be set to a finding's exit code.
     *
     * NULL for a verb that does nothing without a subcommand.
     */
    pc_status (*run)(struct pc_cli *cli, const void *options);
} pc_command;

/** All verbs, in the order in which an operator meets them; ends with NULL. */
extern const pc_command *const pc_commands[];

#define PC_OPTION_JSON "json"

/** The options that every verb has, and those that select a token. */
extern const pc_option pc_options_always[];
extern const pc_option pc_options_token[];
extern const pc_option *const pc_options_site; /* for verbs that use a token, also these */

/** The owner of the struct that contains an option's field. */
typedef enum { PC_OWNER_COMMAND, PC_OWNER_ACCESS, PC_OWNER_CLI } pc_option_owner;

#define PC_SECTION_OPTIONS "Options:"

/** An option and its place in a verb's --help. */
typedef struct {
    const pc_option *option;
    const char *const *needs;    /**< PC_NAMES_MOST names or NULLs: its own, or those of its group; NULL: none */
    const char *const *excludes; /**< the same */
    const char *section;         /**< the title above it */
    pc_option_owner owner;
    size_t offset; /**< in the owner's struct, including the offsets of its groups */
} pc_option_place;

#define PC_OPTIONS_MOST 64u

typedef struct {
    pc_option_place items[PC_OPTIONS_MOST];
    size_t count;
} pc_option_list;

/** The subcommand whose last word this is; NULL if there is none. */
const pc_command *pc_command_find_subcommand(const pc_command *command, const char *word);

/** "accept" in "batch accept". */
const char *pc_command_last_word(const pc_command *command);

/** All options of a verb in the order of its --help, groups resolved. */
void pc_command_list_options(const pc_command *command, pc_option_list *ret_list);

#endif
