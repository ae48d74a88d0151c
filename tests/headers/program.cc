/* SPDX-License-Identifier: Apache-2.0 */
// A C++ program that uses the library: every function is linked under its C name, and one whole use case runs.
#include <cstdio>
#include <cstring>

#include "all_headers.h"

// X(pc_accept_run) X(pc_batch_run) …, made from the library's own list of what it exports.
#define X(function) reinterpret_cast<void (*)()>(function),
static void (*const functions[])() = { EXPORTED_FUNCTIONS };
#undef X

static int failures;

static void expect(bool holds, const char *sentence)
{
    if (!holds) {
        std::fprintf(stderr, "not so: %s\n", sentence);
        failures++;
    }
}

static void an_inf_is_explained()
{
    static const char text[] = "[NewRequest]\nSubject = \"CN=ra0.contoso.com\"\nKeyLength = 2048\n";
    pc_explanation *explanation = nullptr;
    pc_error err = {};
    const pc_status status =
        pc_inf_explain(reinterpret_cast<const uint8_t *>(text), sizeof text - 1, "ra0.inf", &explanation, &err);

    expect(status == PC_OK, "an INF is explained");
    expect(explanation && explanation->kind == PC_INF_REQUEST, "it asks for a request");
    expect(explanation && explanation->key_bits == 2048, "for a key of 2048 bits");
    pc_explanation_free(explanation);
}

static void a_failure_is_told()
{
    pc_inf *inf = nullptr;
    pc_error err = {};

    expect(pc_inf_parse(nullptr, 0, "empty.inf", &inf, &err) == PC_E_INPUT, "an empty INF fails");
    expect(err.frame_count > 0 && std::strstr(err.frames[0], "empty.inf"), "and the error names it");
    expect(pc_status_exit_code(err.status) != 0, "with an exit code");
}

int main()
{
    for (const auto function : functions) {
        expect(function != nullptr, "every function is there");
    }
    an_inf_is_explained();
    a_failure_is_told();
    std::printf("%zu functions linked\n", sizeof functions / sizeof *functions);
    return failures ? 1 : 0;
}
