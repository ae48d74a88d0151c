/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_PROGRESS_H
#define PC_CLI_PROGRESS_H

#include <p11cert/batch.h>

#include "cli/cli.h"

/**
 * How a long operation is reported while it runs: on a terminal, one line that is redrawn (progress, speed, remaining
 * time, failures), in a log a plain line for each item, and neither when quiet. In each case failures are printed as
 * separate lines, unless standard output has them as JSON. All of it goes to standard error.
 */
typedef struct {
    bool is_quiet;
    FILE *errors; /**< with --quiet, where failures are printed; else NULL */
    bool is_terminal;
    bool is_drawn; /**< the bar is on the terminal's last line */
    int64_t started_msec;
    int64_t drawn_msec;
} pc_progress;

void pc_progress_start(pc_progress *progress, bool is_quiet);

/** Report an item. Redraws at most ten times a second. */
void pc_progress_line(pc_progress *progress, const pc_batch_line *line, const pc_batch_tally *tally);

/** Remove the bar, so that other text can follow. */
void pc_progress_end(pc_progress *progress);

/** From now on Ctrl-C (and SIGTERM) requests a stop after the current item; a second one ends the program as usual. */
void pc_progress_catch_signals(void);

/** The signal that requested the stop, or 0. */
int pc_progress_signal(void);

#endif
