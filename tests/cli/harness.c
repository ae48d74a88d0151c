/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <regex.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_WORDS 64
#define EXIT_AUTH 5 /* of p11cert */

extern char **environ;

/* A test program has one world, and cmocka's fixtures are plain functions: their shared state is here. */
static struct {
    char folder[64];
    run_result *results;
    char **texts;
    size_t text_count;
    pid_t running[16]; /* 0: no process in this slot */
} world;

/* The family of tokens that the tests run on (scripts/test-family); "" for SoftHSM, where each world has tokens of its
 * own. Read once: a world starts with an empty environment. */
static struct {
    bool is_read;
    bool is_named; /* by P11CERT_TOKEN, for one program */
    char name[32];
    char token[33];
    char encoded[100]; /* as in a URI */
    char module[256];
    char init_args[256];
    char key_type[16];    /* used instead of ec-p256; "" if it supports that */
    bool counts_pins;     /* it locks after some wrong PINs; false once its PIN may be another one */
    char new_options[64]; /* options that `new` and `keygen` need there, separated by spaces */
    char tool_words[400]; /* by which pkcs11-tool reaches the token, quoted for a shell */
} family;

/* Tools that cannot give init arguments get them from the fault module, which then has no plan. */
static const char *module_for_tools(void)
{
    return family.init_args[0] ? FAULT_MODULE : family.module;
}

static void read_family(void)
{
    const char *name = getenv("P11CERT_TEST_FAMILY");

    if (family.is_read || !name) {
        family.is_read = true;
        return;
    }
    family.is_read = true;
    (void)snprintf(family.name, sizeof family.name, "%s", name);
    (void)snprintf(family.token, sizeof family.token, "%s", getenv("P11CERT_TOKEN"));
    (void)snprintf(family.module, sizeof family.module, "%s", getenv("P11CERT_MODULE"));
    (void)snprintf(family.init_args, sizeof family.init_args, "%s",
                   getenv("P11CERT_MODULE_INIT_ARGS") ? getenv("P11CERT_MODULE_INIT_ARGS") : "");
    (void)snprintf(family.key_type, sizeof family.key_type, "%s",
                   getenv("P11CERT_TEST_KEY_TYPE") ? getenv("P11CERT_TEST_KEY_TYPE") : "");
    (void)snprintf(family.new_options, sizeof family.new_options, "%s",
                   getenv("P11CERT_TEST_NEW_OPTIONS") ? getenv("P11CERT_TEST_NEW_OPTIONS") : "");
    family.counts_pins = getenv("P11CERT_TEST_PIN_LOCKOUT") != NULL;
    (void)snprintf(family.tool_words, sizeof family.tool_words, "--module %s --token-label '%s'", module_for_tools(),
                   family.token);
    for (const char *from = family.token; *from; from++) {
        size_t len = strlen(family.encoded);

        (void)snprintf(family.encoded + len, sizeof family.encoded - len, *from == ' ' ? "%%20" : "%c", *from);
    }
}

static bool has_family(void)
{
    return family.name[0] != '\0';
}

static const char *module_of_tests(void)
{
    return has_family() ? family.module : SOFTHSM;
}

static const char *module_with(const char *token)
{
    return has_family() && strcmp(token, "servers") == 0 ? module_for_tools() : SOFTHSM;
}

static char *keep(char *text)
{
    char **larger = realloc(world.texts, (world.text_count + 1) * sizeof *larger);

    assert_non_null(text);
    assert_non_null(larger);
    world.texts = larger;
    world.texts[world.text_count++] = text;
    return text;
}

const char *world_folder(void)
{
    return world.folder;
}

static void only_on_softhsm(void **state)
{
    (void)state;
    skip();
}

const struct CMUnitTest left_out_on_families[1] = { cmocka_unit_test(only_on_softhsm) };

#ifdef P11CERT_HAS_ENGINE
void only_with_engine(void)
{
}

void only_without_engine(void)
{
    skip();
}
#else
void only_with_engine(void)
{
    skip();
}

void only_without_engine(void)
{
}
#endif

/* Of the machine's environment, only what the sanitizers and this harness need reaches the program, and the signer with
 * which the tests are run. */
static void clean_environment(void)
{
    static const char *const kept[] = { "ASAN_OPTIONS",
                                        "LSAN_OPTIONS",
                                        "UBSAN_OPTIONS",
                                        "UPDATE_GOLDEN",
                                        "P11CERT_TEST_RUN",
                                        "P11CERT_SIGNER",
                                        "P11CERT_TEST_FAMILY",
                                        "TPM2_PKCS11_TCTI",
                                        "TPM2TOOLS_TCTI",
                                        "TPM2_PKCS11_STORE",
                                        "TSS2_LOG",
                                        "TPM2_PKCS11_LOG_LEVEL",
                                        "P11_KIT_SERVER_ADDRESS",
                                        "P11CERT_MODULE_INIT_ARGS",
                                        "P11CERT_TEST_WAIT_SEC",
                                        "P11CERT_SWEEP_PERCENT",
                                        "P11CERT_SWEEP_SEED" };
    char *values[sizeof kept / sizeof *kept];

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        values[i] = getenv(kept[i]) ? keep(strdup(getenv(kept[i]))) : NULL;
    }
    assert_int_equal(0, clearenv());
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (values[i]) {
            assert_int_equal(0, setenv(kept[i], values[i], 1));
        }
    }
    assert_int_equal(0, setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1));
    assert_int_equal(0, setenv("LC_ALL", "C.UTF-8", 1));
    assert_int_equal(0, setenv("TZ", "UTC", 1));
    /* tests/support/CMakeLists.txt says why. */
    assert_int_equal(0, setenv("LSAN_OPTIONS",
                               "suppressions=" LEAK_SUPPRESSIONS ":print_suppressions=0:intercept_tls_get_addr=0", 0));
}

/* P11CERT_MODULE for the program that is started next. */
static void use_module(bool is_softhsm)
{
    const char *init_args = is_softhsm ? "" : family.init_args;

    if (!has_family()) {
        return;
    }
    assert_int_equal(0, setenv("P11CERT_MODULE", is_softhsm ? SOFTHSM : family.module, 1));
    assert_int_equal(0, init_args[0] ? setenv("P11CERT_MODULE_INIT_ARGS", init_args, 1)
                                     : unsetenv("P11CERT_MODULE_INIT_ARGS"));
    if (family.init_args[0]) {
        assert_int_equal(0, setenv("P11CERT_FAULT_MODULE", is_softhsm ? SOFTHSM : family.module, 1));
        assert_int_equal(0, is_softhsm ? unsetenv("P11CERT_FAULT_INIT_ARGS")
                                       : setenv("P11CERT_FAULT_INIT_ARGS", family.init_args, 1));
    }
}

int world_new(void **state)
{
    char path[128];
    char text[256];

    (void)state;
    read_family();
    (void)strcpy(world.folder, "/tmp/p11cert-cli.XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    assert_int_equal(0, chdir(world.folder));
    clean_environment();
    assert_int_equal(0, mkdir("tokens", 0700));
    (void)snprintf(text, sizeof text,
                   "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n", world.folder);
    file_write("softhsm2.conf", text, 0644);
    file_write("user.pin", USER_PIN "\n", 0600);
    file_write("so.pin", SO_PIN "\n", 0600);
    (void)snprintf(path, sizeof path, "%s/softhsm2.conf", world.folder);
    assert_int_equal(0, setenv("SOFTHSM2_CONF", path, 1));
    (void)snprintf(path, sizeof path, "%s/tokens/p11cert.lock", world.folder);
    assert_int_equal(0, setenv("P11CERT_LOCK", path, 1));
    (void)snprintf(path, sizeof path, "file:%s/user.pin", world.folder);
    assert_int_equal(0, setenv("P11CERT_PIN_SOURCE", path, 1));
    use_module(false);
    return 0;
}

/* The token of the family replaces "servers", without the objects that an earlier world left on it. Other tokens are
 * SoftHSM's.
 */
static void empty_token(void)
{
    assert_int_equal(0, setenv("P11CERT_TOKEN", family.token, 1));
    (void)out_of(WORDS(EMPTY_TOKEN));
    assert_int_equal(0, unsetenv("P11CERT_TOKEN"));
}

void token_make(const char *label)
{
    if (has_family() && strcmp(label, "servers") == 0) {
        empty_token();
        return;
    }
    (void)out_of(
        WORDS("softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", SO_PIN, "--pin", USER_PIN));
}

int world_new_with_token(void **state)
{
    (void)world_new(state);
    token_make("servers");
    return 0;
}

int world_new_with_tokens(void **state)
{
    (void)world_new_with_token(state);
    token_make("ca");
    return 0;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

static pid_t *place_of(pid_t pid)
{
    for (size_t i = 0; i < sizeof world.running / sizeof *world.running; i++) {
        if (world.running[i] == pid) {
            return &world.running[i];
        }
    }
    fail_msg("too many programs at once");
    return NULL;
}

static void note_running(pid_t before, pid_t now)
{
    pid_t *place = place_of(before);

    *place = now;
}

/* The processes for which a failed test did not wait. */
static void end_running(void)
{
    for (size_t i = 0; i < sizeof world.running / sizeof *world.running; i++) {
        if (world.running[i] > 0) {
            (void)kill(world.running[i], SIGKILL);
            (void)waitpid(world.running[i], NULL, 0);
            world.running[i] = 0;
        }
    }
}

int world_remove(void **state)
{
    (void)state;
    end_running();
    assert_int_equal(0, chdir("/"));
    assert_int_equal(0, nftw(world.folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT));
    while (world.results) {
        run_result *next = world.results->next;

        free(world.results);
        world.results = next;
    }
    for (size_t i = 0; i < world.text_count; i++) {
        free(world.texts[i]);
    }
    free(world.texts);
    world.texts = NULL;
    world.text_count = 0;
    return 0;
}

/* ---- running ---- */

static int memory_file(void)
{
    int fd = memfd_create("output", MFD_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

/* The command as one would type it. */
static char *command_line(const char *const *words)
{
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);

    assert_non_null(out);
    for (size_t i = 0; words[i]; i++) {
        const char *word = i == 0 && strrchr(words[i], '/') ? strrchr(words[i], '/') + 1 : words[i];

        (void)fprintf(out, strpbrk(word, " ;'\"") ? "%s'%s'" : "%s%s", i ? " " : "", word);
    }
    (void)fclose(out);
    return keep(line);
}

static bool is_part_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* Only whole words: "ock" is not found in "block". */
static char *replace_word(const char *text, const char *old, const char *word)
{
    char *result = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&result, &size);
    const char *rest = text;

    assert_non_null(out);
    for (const char *found = text; (found = strstr(found, old)); found += strlen(old)) {
        if ((found > text && is_part_of_word(found[-1])) || is_part_of_word(found[strlen(old)])) {
            continue;
        }
        (void)fprintf(out, "%.*s%s", (int)(found - rest), rest, word);
        rest = found + strlen(old);
    }
    (void)fputs(rest, out);
    (void)fclose(out);
    return keep(result);
}

/* Does the command of a shell's line in which `place` is name a module? */
static bool names_module(const char *line, const char *place)
{
    static const char ends[] = ";&|\n";
    const char *start = place;

    while (start > line && !strchr(ends, start[-1])) {
        start--;
    }
    const char *module = strstr(start, "--module ");

    return module && module < start + strcspn(start, ends);
}

/* Other tokens than "servers" are SoftHSM's. */
static const char *name_softhsm(const char *line)
{
    static const char option[] = "--token ";
    char *result = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&result, &size);
    const char *rest = line;

    assert_non_null(out);
    for (const char *found = line; (found = strstr(found, option)); found += strlen(option)) {
        const char *token = found + strlen(option);

        if (isalnum((unsigned char)*token) && strncmp(token, "servers", strlen("servers")) != 0 &&
            !names_module(line, found)) {
            (void)fprintf(out, "%.*s--module " SOFTHSM "%s ", (int)(found - rest), rest,
                          family.init_args[0] ? " --module-init-args=" : "");
            rest = found;
        }
    }
    (void)fputs(rest, out);
    (void)fclose(out);
    return keep(result);
}

/* The words of a shell's command line. */
static char *line_for_family(const char *line)
{
    char token[48];
    char key_type[32];

    (void)snprintf(token, sizeof token, "--token '%s'", family.token);
    (void)snprintf(key_type, sizeof key_type, "--key-type %s", family.key_type);
    line = replace_word(name_softhsm(line), "--module " SOFTHSM " --token-label servers", family.tool_words);
    line = family.key_type[0] ? replace_word(line, "--key-type ec-p256", key_type) : line;
    return replace_word(line, "--token servers", token);
}

/* Words that name the token "servers" name the family's token instead; and a key has a type that the family
 * supports. */
static char *for_family(const char *word, const char *before)
{
    const char *uri = strstr(word, "token=servers");
    char *text = NULL;

    if (!has_family()) {
        return keep(strdup(word));
    }
    if (strchr(word, ' ')) {
        return line_for_family(word);
    }
    if (strcmp(word, "servers") == 0 &&
        (strcmp(before, "--token") == 0 || strcmp(before, "--token-label") == 0 || strcmp(before, "--to") == 0)) {
        return keep(strdup(family.token));
    }
    if (family.key_type[0] && strcmp(word, "ec-p256") == 0 && strcmp(before, "--key-type") == 0) {
        return keep(strdup(family.key_type));
    }
    if (!uri || strncmp(word, "pkcs11:", 7) != 0) {
        return keep(strdup(word));
    }
    assert_true(
        asprintf(&text, "%.*stoken=%s%s", (int)(uri - word), word, family.encoded, uri + strlen("token=servers")) > 0);
    return keep(text);
}

static bool names_another_token(const char *const *words)
{
    for (size_t i = 1; words[i]; i++) {
        if (strcmp(words[i - 1], "--token") == 0) {
            return strcmp(words[i], "servers") != 0 && !strstr(words[i], "token=servers");
        }
    }
    return false;
}

static bool has_word(const char *const *words, const char *wanted)
{
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], wanted) == 0) {
            return true;
        }
    }
    return false;
}

static bool makes_key(const char *verb)
{
    return strcmp(verb, "new") == 0 || strcmp(verb, "keygen") == 0;
}

/* A key made there could not be used otherwise. */
static void add_new_options(const char *const *words, char **out)
{
    char *rest = NULL;
    size_t count = 0;

    if (!family.new_options[0] || strcmp(words[0], P11CERT_PROGRAM) != 0 || !makes_key(words[1]) ||
        names_another_token(words) || has_word(words, "--key")) {
        return;
    }
    bool is_said = has_word(words, "--exportable") || has_word(words, "--non-exportable");

    while (out[count]) {
        count++;
    }
    for (char *each = strtok_r(keep(strdup(family.new_options)), " ", &rest); each; each = strtok_r(NULL, " ", &rest)) {
        assert_true(count < MAX_WORDS - 1);
        if (!is_said || strcmp(each, "--exportable") != 0) {
            out[count++] = each;
        }
    }
}

/* The second token of `copy` is of another module than the first one. */
static void add_second_module(const char *const *words, char **out)
{
    const char *second = NULL;
    size_t count = 0;

    for (size_t i = 1; words[i]; i++) {
        second = strcmp(words[i - 1], "--to") == 0 ? words[i] : second;
    }
    if (!has_family() || !second || has_word(words, "--to-module") || has_word(words, "--to-module-init-args")) {
        return;
    }
    while (out[count]) {
        count++;
    }
    const bool is_softhsm = strcmp(second, "servers") != 0;

    assert_true(count < MAX_WORDS - 4);
    out[count++] = keep(strdup("--to-module"));
    out[count++] = keep(strdup(is_softhsm ? SOFTHSM : family.module));
    if (family.init_args[0]) {
        out[count++] = keep(strdup("--to-module-init-args"));
        out[count++] = keep(strdup(is_softhsm ? "" : family.init_args));
    }
}

static bool is_tools_softhsm(const char *const *words, size_t i)
{
    return i > 0 && strcmp(words[i - 1], "--module") == 0 && strcmp(words[i], SOFTHSM) == 0 && words[i + 1] &&
           strcmp(words[i + 1], "--token-label") == 0 && words[i + 2] && strcmp(words[i + 2], "servers") == 0;
}

static void put_words(const char *const *words, char **out)
{
    for (size_t i = 0; words[i]; i++) {
        assert_true(i < MAX_WORDS - 1);
        out[i] = has_family() && is_tools_softhsm(words, i) ? keep(strdup(module_for_tools()))
                                                            : for_family(words[i], i > 0 ? words[i - 1] : "");
    }
    if (words[0] && words[1]) {
        add_new_options(words, out);
        add_second_module(words, out);
    }
}

/* Tokens that a test makes, or has the program make, are SoftHSM's. */
static bool makes_own_token(const char *const *words)
{
    return words[1] && (strcmp(words[1], "init") == 0 || strcmp(words[1], "ceremony") == 0);
}

static bool names_softhsm(const char *const *words)
{
    for (size_t i = 1; words[i]; i++) {
        if (strcmp(words[i - 1], "--module") == 0) {
            return strcmp(words[i], SOFTHSM) == 0 && !is_tools_softhsm(words, i);
        }
    }
    return false;
}

/* If it names the token "servers", for the program that is started next. NSS always has a second token, so that one
 * must be named where the tests have but one. */
static void rename_token_in_environment(bool to_family)
{
    const char *name = getenv("P11CERT_TOKEN");

    if (!name && to_family && strcmp(family.name, "nss") == 0) {
        assert_int_equal(0, setenv("P11CERT_TOKEN", family.token, 1));
        family.is_named = true;
    } else if (!to_family && family.is_named) {
        assert_int_equal(0, unsetenv("P11CERT_TOKEN"));
        family.is_named = false;
    } else if (name && strcmp(name, to_family ? "servers" : family.token) == 0) {
        assert_int_equal(0, setenv("P11CERT_TOKEN", to_family ? family.token : "servers", 1));
    }
}

running run_start(const run_order *order)
{
    running program = { .line = command_line(order->words), .out = memory_file(), .err = memory_file() };
    posix_spawn_file_actions_t actions;
    const char *in = order->in ? order->in : "/dev/null";
    char *words[MAX_WORDS] = { NULL };

    put_words(order->words, words);
    assert_int_equal(0, posix_spawn_file_actions_init(&actions));
    assert_int_equal(0, posix_spawn_file_actions_addopen(&actions, 0, in, O_RDONLY, 0));
    if (order->out) {
        assert_int_equal(0, posix_spawn_file_actions_addopen(&actions, 1, order->out, O_WRONLY, 0));
    } else {
        assert_int_equal(0, posix_spawn_file_actions_adddup2(&actions, order->out_fd ? order->out_fd : program.out, 1));
    }
    assert_int_equal(0, posix_spawn_file_actions_adddup2(&actions, program.err, 2));
    if (order->fd3) {
        assert_int_equal(0, posix_spawn_file_actions_addopen(&actions, 3, order->fd3, O_RDONLY, 0));
    }
    const bool is_other = has_family() && (names_another_token(order->words) || makes_own_token(order->words) ||
                                           names_softhsm(order->words));

    use_module(is_other);
    if (has_family() && !is_other) {
        rename_token_in_environment(true);
    }
    int failed = posix_spawnp(&program.pid, words[0], &actions, NULL, words, environ);

    if (has_family()) {
        rename_token_in_environment(false);
    }
    use_module(false);

    assert_int_equal(0, posix_spawn_file_actions_destroy(&actions));
    if (failed) {
        fail_msg("cannot run %s: %s", words[0], strerror(failed));
    }
    note_running(0, program.pid);
    return program;
}

/* The same text with "servers" for the family's token. */
static char *in_words_of_tests(const char *text, size_t *ret_len)
{
    char *plain = replace_word(replace_word(text, family.token, "servers"), family.encoded, "servers");

    *ret_len = strlen(plain);
    return plain;
}

static char *take_memory_file(int fd, size_t *ret_len)
{
    off_t size = lseek(fd, 0, SEEK_END);

    assert_true(size >= 0);
    char *text = keep(calloc(1, (size_t)size + 1));

    assert_int_equal(size, pread(fd, text, (size_t)size, 0));
    (void)close(fd);
    *ret_len = (size_t)size;
    return has_family() && !memchr(text, '\0', (size_t)size) ? in_words_of_tests(text, ret_len) : text;
}

/* A process leaves its objects in the TPM when it ends; there is room for three. */
static void flush_tpm(void)
{
    assert_int_equal(0, system("tpm2_flushcontext -t && tpm2_flushcontext -l && tpm2_flushcontext -s")); /* NOLINT */
}

/*
 * Keeps the JSON that the program prints for cli/schema, which compares it with the schemas; the first line is the
 * command. Each answer of each test program has its own name, so that the next run replaces it.
 */
static void keep_json(const run_result *result)
{
    static unsigned count;
    char name[256];
    char unfinished[300];

    if (!strstr(result->line, " --json") || result->out_len == 0 || result->exit_code < 0) {
        return;
    }
    (void)snprintf(name, sizeof name, JSON_OUTPUTS "/%s-%u", program_invocation_short_name, ++count);
    (void)snprintf(unfinished, sizeof unfinished, "%s.%d", name, (int)getpid());
    FILE *out = fopen(unfinished, "we");

    assert_non_null(out);
    for (const char *each = result->line; *each; each++) {
        (void)fputc(*each == '\n' ? ' ' : *each, out);
    }
    (void)fputc('\n', out);
    (void)fwrite(result->out, 1, result->out_len, out);
    assert_int_equal(0, fclose(out));
    assert_int_equal(0, rename(unfinished, name));
}

/* The wrong PINs of the tests must not lock the token for the tests after them: a login sets its count back. Not once
 * `pin` was run, which may change the PIN: then a login would be one more wrong PIN. */
static void forget_wrong_pin(const run_result *result)
{
    family.counts_pins = family.counts_pins && strncmp(result->line, "p11cert pin ", strlen("p11cert pin ")) != 0;
    if (family.counts_pins && result->exit_code == EXIT_AUTH) {
        (void)RUN("pkcs11-tool", "--module", module_for_tools(), "--token-label", family.token, "--login", "--pin",
                  USER_PIN, "--list-objects", "--type", "data");
    }
}

const run_result *run_finish(running *program)
{
    run_result *result = calloc(1, sizeof *result);
    int status = 0;

    assert_non_null(result);
    result->next = world.results;
    world.results = result;
    assert_int_equal(program->pid, waitpid(program->pid, &status, 0));
    note_running(program->pid, 0);
    if (strcmp(family.name, "tpm2") == 0) {
        flush_tpm();
    }
    result->line = program->line;
    result->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    result->out = take_memory_file(program->out, &result->out_len);
    result->err = take_memory_file(program->err, &result->err_len);
    keep_json(result);
    forget_wrong_pin(result);
    return result;
}

const run_result *run_order_now(const run_order *order)
{
    running program = run_start(order);

    return run_finish(&program);
}

const run_result *run_words(const char *const *words)
{
    return run_order_now(&(run_order){ .words = words });
}

/* ---- expecting ---- */

static void show(const run_result *result)
{
    /* Not print_error, which cuts off long texts. */
    (void)fprintf(stderr, "$ %s\n%s%s(exit code %d, signal %d)\n", result->line, result->out, result->err,
                  result->exit_code, result->signal);
}

void expect_exit(const run_result *result, int exit_code)
{
    if (result->exit_code != exit_code) {
        show(result);
        fail_msg("exit code %d was expected", exit_code);
    }
}

void expect_contains(const run_result *result, const char *text, const char *words)
{
    if (!strstr(text, words)) {
        show(result);
        fail_msg("it does not say: %s", words);
    }
}

void expect_lacks(const run_result *result, const char *text, const char *words)
{
    if (strstr(text, words)) {
        show(result);
        fail_msg("it must not say: %s", words);
    }
}

const char *out_of(const char *const *words)
{
    const run_result *result = run_words(words);

    expect_exit(result, 0);
    return result->out;
}

void expect_request_verifies(const char *path)
{
    expect_exit(RUN(TEST_SUPPORT_DIR "/verify-request", "-in", path), 0);
}

/* Values that are random or differ between machines, longer patterns before shorter ones. */
static const struct {
    const char *pattern;
    const char *word;
} volatile_texts[] = {
    { "/tmp/p11cert-cli\\.[A-Za-z0-9]{6}", "<FOLDER>" },
    { "/[^ ]*/p11cert-lens\\.so", "<LENS>" },
    { "/[^ ]*/engines-3/pkcs11\\.so", "<ENGINE>" },
    { "the chain is invalid: [^,\n]*, at ", "the chain is invalid: <REASON>, at " },
    { "[(]libcyaml: [^\n]*[)]", "(libcyaml: <REASON>)" },
    { "bit field, [0-9]+ bit security level", "bit" },
    { "OpenSSL [3-9]\\.[0-9]+\\.[0-9]+[^\n]*", "OpenSSL <VERSION>" },
    { "p11cert [0-9]+\\.[0-9]+\\.[0-9]+", "p11cert <VERSION>" },
    { "([ \t]+[0-9a-f]{2}(:[0-9a-f]{2})+:?\n)+([ \t]+[0-9a-f]{2}\n)?", "<BYTES>\n" },
    { "([0-9A-F]{2}:){19}[0-9A-F]{2}", "<SKI>" },
    { "(%[0-9A-F]{2}){16}", "<ID>" },
    { "([0-9a-f]{2}[ \n]+){7,}[0-9a-f]{2}", "<BYTES>" },
    { "\\b[0-9a-f]{64}\\b", "<SHA256>" },
    { "\\b[0-9a-f]{40}\\b", "<SKI>" },
    /* A serial of 20 random bytes that begins with a zero byte; not one of the tests' own, which begin with 1f00. */
    { "\\b([02-9a-f][0-9a-f]|1[0-9a-e])[0-9a-f]{35,37}\\b", "<SKI>" },
    { "\\b[0-9A-F]{40}\\b", "<THUMBPRINT>" },
    { "\\b[0-9a-f]{24,36}\\b", "<ID>" },
    { "\\b[0-9a-f]{16}\\b", "<SERIAL>" },
    { "\\b20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z", "<TIME>" },
    { "\\b20[0-9]{2}-[0-9]{2}-[0-9]{2}\\b", "<DATE>" },
    { "\\b[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} 20[0-9]{2} GMT", "<TIME>" },
    { "\\b[0-9]+ days left", "<N> days left" },
};

static char *replace_all(const char *text, const char *pattern, const char *word)
{
    char *result = NULL;
    size_t size = 0;
    regmatch_t match;
    regex_t compiled;
    FILE *out = open_memstream(&result, &size);
    int flags = 0;

    assert_non_null(out);
    assert_int_equal(0, regcomp(&compiled, pattern, REG_EXTENDED));
    while (regexec(&compiled, text, 1, &match, flags) == 0) {
        (void)fprintf(out, "%.*s%s", (int)match.rm_so, text, word);
        text += match.rm_eo;
        flags = REG_NOTBOL;
    }
    (void)fputs(text, out);
    (void)fclose(out);
    regfree(&compiled);
    return keep(result);
}

static const char *normalised(const char *text)
{
    for (size_t i = 0; i < sizeof volatile_texts / sizeof *volatile_texts; i++) {
        text = replace_all(text, volatile_texts[i].pattern, volatile_texts[i].word);
    }
    return text;
}

static void update_golden(const char *path, const char *text)
{
    (void)unlink(path);
    if (*text) {
        file_write(path, text, 0644);
    }
}

/* @return whether the text is that of the file; shows the difference if not. */
static bool matches_golden(const char *name, const char *suffix, const char *text)
{
    char path[512];

    (void)snprintf(path, sizeof path, "%s/%s.%s", GOLDEN_DIR, name, suffix);
    text = normalised(text);
    if (getenv("UPDATE_GOLDEN")) {
        update_golden(path, text);
        return true;
    }
    const char *wanted = file_exists(path) ? file_read(path, NULL) : "";

    if (strcmp(wanted, text) == 0) {
        return true;
    }
    file_write(".wanted", wanted, 0600);
    file_write(".got", text, 0600);
    const run_result *diff = RUN("diff", "-u", "--label", path, "--label", "what was printed", ".wanted", ".got");

    (void)fprintf(stderr, "%s\n", diff->out);
    (void)unlink(".wanted");
    (void)unlink(".got");
    return false;
}

void expect_golden(const run_result *result, int exit_code, const char *name)
{
    bool out = matches_golden(name, "out", result->out);
    bool err = matches_golden(name, "err", result->err);

    expect_exit(result, exit_code);
    if (!out || !err) {
        fail_msg("$ %s: not as golden/%s.{out,err}", result->line, name);
    }
}

/* ---- files ---- */

void file_write(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    size_t len = strlen(text);

    if (fd < 0 || write(fd, text, len) != (ssize_t)len || fchmod(fd, mode) != 0 || close(fd) != 0) {
        fail_msg("cannot write %s: %s", path, strerror(errno));
    }
}

const char *file_read(const char *path, size_t *ret_len)
{
    char *text = NULL;
    size_t size = 0;
    char part[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    FILE *all = open_memstream(&text, &size);
    ssize_t got = 0;

    if (fd < 0 || !all) {
        fail_msg("cannot open %s: %s", path, strerror(errno));
    }
    while ((got = read(fd, part, sizeof part)) > 0) {
        (void)fwrite(part, 1, (size_t)got, all);
    }
    (void)fclose(all);
    (void)close(fd);
    if (ret_len) {
        *ret_len = size;
    }
    return keep(text);
}

bool file_exists(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0;
}

static int is_entry(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

const char *folder_listing(void)
{
    struct dirent **entries = NULL;
    char *listing = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&listing, &size);
    int count = scandir(".", &entries, is_entry, alphasort);

    assert_non_null(out);
    for (int i = 0; i < count; i++) {
        (void)fprintf(out, "%s\n", entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    (void)fclose(out);
    return keep(listing);
}

/* ---- tokens ---- */

static void drop_lines(char *text, const char *start)
{
    for (char *line = text; *line;) {
        char *next = strchr(line, '\n');

        next = next ? next + 1 : line + strlen(line);
        if (strncmp(line, start, strlen(start)) == 0) {
            memmove(line, next, strlen(next) + 1);
        } else {
            line = next;
        }
    }
}

const char *token_objects(const char *token, const char *type)
{
    const run_result *result = run_words(WORDS("pkcs11-tool", "--module", module_with(token), "--token-label", token,
                                               "--login", "--pin", USER_PIN, "--list-objects", "--type", type));

    expect_exit(result, 0);
    drop_lines(result->out, "  uri:");
    return result->out;
}

size_t count_of(const char *text, const char *words)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, words)); at += strlen(words)) {
        count++;
    }
    return count;
}

size_t token_count(const char *token, const char *type)
{
    return count_of(token_objects(token, type), strcmp(type, "cert") == 0 ? "Certificate Object" : "Key Object");
}

void token_make_key(const char *token, const char *label, const char *id)
{
    const bool has_no_ec = strcmp(token, "servers") == 0 && family.key_type[0];

    (void)out_of(WORDS("pkcs11-tool", "--module", module_with(token), "--token-label", token, "--login", "--pin",
                       USER_PIN, "--keypairgen", "--key-type", has_no_ec ? "rsa:2048" : "EC:prime256v1", "--label",
                       label, "--id", id));
}

const run_result *run_spied(const char *const *words, const char *function, size_t *ret_calls)
{
    const char *spied[64] = { P11CERT_PROGRAM };
    size_t count = 1;

    for (; words[count - 1]; count++) {
        assert_true(count < 60);
        spied[count] = words[count - 1];
    }
    spied[count++] = "--module";
    spied[count] = SPY;
    return run_that_uses_spy(spied, function, ret_calls);
}

const run_result *run_that_uses_spy(const char *const *words, const char *function, size_t *ret_calls)
{
    char line[64];

    (void)unlink("spy.log");
    bool is_softhsm = names_another_token(words) || makes_own_token(words);

    assert_int_equal(0, setenv("PKCS11SPY", is_softhsm ? SOFTHSM : module_of_tests(), 1));
    assert_int_equal(0, setenv("PKCS11SPY_OUTPUT", "spy.log", 1));
    const run_result *result = run_words(words);

    (void)unsetenv("PKCS11SPY");
    (void)unsetenv("PKCS11SPY_OUTPUT");
    /* A spy that was not used would count zero calls. */
    (void)snprintf(line, sizeof line, ": %s\n", function);
    *ret_calls = file_exists("spy.log") ? count_of(file_read("spy.log", NULL), line) : 0;
    (void)unlink("spy.log");
    return result;
}

static void plan_faults(const char *plan, const char *const *words)
{
    assert_int_equal(0, setenv("P11CERT_FAULT_MODULE", names_another_token(words) ? SOFTHSM : module_of_tests(), 1));
    assert_int_equal(0, setenv("P11CERT_FAULT_PLAN", plan, 1));
}

static void forget_faults(void)
{
    (void)unsetenv("P11CERT_FAULT_MODULE");
    (void)unsetenv("P11CERT_FAULT_PLAN");
    (void)unsetenv("P11CERT_FAULT_LOG");
    (void)unsetenv("P11CERT_FAULT_GATE");
    (void)unsetenv("P11CERT_FAULT_NETWORK");
}

const run_result *run_with_fault(const char *const *words, const char *plan)
{
    const char *faulty[64] = { P11CERT_PROGRAM };
    size_t count = 1;

    for (; words[count - 1]; count++) {
        assert_true(count < 60);
        faulty[count] = words[count - 1];
    }
    faulty[count++] = "--module";
    faulty[count] = FAULT_MODULE;
    plan_faults(plan, faulty);
    const run_result *result = run_words(faulty);

    forget_faults();
    return result;
}

unsigned writes_in_call(const char *const *words, const char *call)
{
    char plan[64];
    unsigned writes = 0;

    (void)snprintf(plan, sizeof plan, "%s count=0", call);
    (void)unlink("writes.log");
    assert_int_equal(0, setenv("P11CERT_FAULT_LOG", "writes.log", 1));
    expect_exit(run_with_fault(words, plan), 0);
    const char *line = strstr(file_read("writes.log", NULL), "writes=");

    assert_non_null(line);
    assert_int_equal(1, sscanf(line, "writes=%u", &writes));
    return writes;
}

const run_result *run_with_broken_network(const char *const *words, unsigned moment)
{
    char number[16];

    (void)snprintf(number, sizeof number, "%u", moment);
    assert_int_equal(0, setenv("P11CERT_FAULT_NETWORK", number, 1));
    return run_with_fault(words, "");
}

static const char *in_world(const char *name)
{
    char *path = NULL;

    assert_true(asprintf(&path, "%s/%s", world.folder, name) > 0);
    return keep(path);
}

static size_t calls_so_far(const char *function)
{
    char line[64];

    (void)snprintf(line, sizeof line, " %s\n", function);
    return file_exists("fault.log") ? count_of(file_read("fault.log", NULL), line) : 0;
}

/* The caller still has to wait for it. */
static bool has_ended(const running *program)
{
    siginfo_t ended = { .si_pid = 0 };

    return waitid(P_PID, (id_t)program->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid != 0;
}

running run_start_with_fault(const run_order *order, const char *plan, const char *function, unsigned number)
{
    (void)unlink("fault.log");
    (void)unlink("gate");
    plan_faults(plan, order->words);
    assert_int_equal(0, setenv("P11CERT_FAULT_LOG", in_world("fault.log"), 1));
    assert_int_equal(0, setenv("P11CERT_FAULT_GATE", in_world("gate"), 1));
    running program = run_start(order);

    forget_faults();
    WAIT_UNTIL(calls_so_far(function) >= number || has_ended(&program));
    if (calls_so_far(function) < number) {
        show(run_finish(&program));
        fail_msg("it ended before call %u of %s", number, function);
    }
    return program;
}

void gate_open(void)
{
    file_write("gate", "", 0600);
}

/* ---- watching a program ---- */

bool has_told(const running *program, const char *words)
{
    char text[16384] = "";
    ssize_t len = pread(program->err, text, sizeof text - 1, 0);

    return len > 0 && strstr(text, words);
}

static const char *proc_file(pid_t pid, const char *name)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    return file_read(path, NULL);
}

/* "1 0x1 0x55… ": the number of the call, then its arguments; "running", or -1 for blocked elsewhere. */
bool is_blocked_in(pid_t pid, long system_call)
{
    char *end = NULL;
    const char *text = proc_file(pid, "syscall");
    long number = strtol(text, &end, 10);

    return end != text && number == system_call;
}

bool holds_off(pid_t pid, int signal)
{
    const char *pending = strstr(proc_file(pid, "status"), "ShdPnd:");

    return pending && (strtoull(pending + strlen("ShdPnd:"), NULL, 16) >> (signal - 1) & 1u);
}

void expect_said(const run_result *result, const char *words)
{
    char list[512];
    char *rest = NULL;

    (void)snprintf(list, sizeof list, "%s", words);
    for (char *word = strtok_r(list, "|", &rest); word; word = strtok_r(NULL, "|", &rest)) {
        if (*word == '!') {
            expect_lacks(result, result->out, word + 1);
        } else if (!strstr(result->out, word)) {
            expect_contains(result, result->err, word);
        }
    }
}
