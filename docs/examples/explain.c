/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what p11cert finds in an INF file. Needs no token.
 *   cc explain.c $(pkg-config --cflags --libs p11cert) -o explain && ./explain server.inf */
#include <p11cert/explain.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    pc_explanation *explanation = NULL;
    pc_error err = { 0 };

    if (argc != 2) {
        fprintf(stderr, "usage: explain FILE.inf\n");
        return 2;
    }
    if (pc_explain_file(argv[1], &explanation, &err) != PC_OK) {
        for (unsigned i = err.frame_count; i-- > 0;) { /* the innermost cause is [0] */
            fprintf(stderr, "%s\n", err.frames[i]);
        }
        return pc_status_exit_code(err.status);
    }
    const pc_findings *findings = &explanation->inf->findings;

    printf("%s: %zu findings\n", argv[1], findings->count);
    for (size_t i = 0; i < findings->count; i++) {
        printf("line %u: %s: %s\n", findings->items[i].line, findings->items[i].id, findings->items[i].message);
    }
    pc_explanation_free(explanation);
    return 0;
}
