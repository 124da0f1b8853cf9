// What a test asks the mock driver to do with a call, as text:
//
//   [every] FUNCTION[(SELECTOR)][#N] VERB
//
// FUNCTION is ODBC's name without W. SELECTOR picks calls by what is recorded of them (stage.h): a number is
// their first argument, anything else a part of the line. #N is the N-th such call from now on, the first by
// default; with `every` that one and all behind it. VERB is one of
//
//   fail SQLSTATE NATIVE MESSAGE     not handed on; SQL_ERROR
//   lose SQLSTATE NATIVE MESSAGE     handed on, and reported as failed all the same
//   inform SQLSTATE NATIVE MESSAGE   handed on; a success becomes SQL_SUCCESS_WITH_INFO
//   return NUMBER                    not handed on; this return code, no record
//   answer16|answer32|answer64 N     not handed on; success, with N in the output argument
//   have NUMBER, lack NUMBER         SQLGetFunctions: the driver has, or does not have this function
//   die before|after                 the process is killed, before the call is handed on or behind it
//   wait GATE                        handed on once the test opens the gate; HY008 when it is cancelled
//   before
//
// Several records are separated by " + ". In a connection string rules are separated by "|".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "driver/diagnostics.h"

namespace freshread::mock {

enum class Verb {
    Fail,
    Lose,
    Inform,
    Return,
    Answer16,
    Answer32,
    Answer64,
    Have,
    Lack,
    DieBefore,
    DieAfter,
    Wait
};

struct Rule {
    std::string function{};
    std::string selector{};
    unsigned passing = 0;  // such calls that are still to pass untouched
    bool every = false;
    Verb verb = Verb::Fail;
    std::vector<DiagnosticRecord> records{};
    long number = 0;
    std::string gate{};

    // `detail`: what is recorded of the call behind the handle.
    [[nodiscard]] bool concerns(std::string_view called, std::string_view detail) const;
};

// Throws std::invalid_argument for what is not a rule.
[[nodiscard]] Rule parse_rule(std::string_view text);

}  // namespace freshread::mock
