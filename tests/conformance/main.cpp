// conformance_application CHAPTER DSN [ansi|wide] [2|3|380]: plays a chapter on a data source and prints its
// transcript.
#include <clocale>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "application.h"

using namespace conformance;

namespace {

constexpr Chapter kChapters[] = {
#define X(name) {#name, name},
    CONFORMANCE_CHAPTERS(X)
#undef X
};

}  // namespace

int main(int count, char** arguments) {
    if (count == 2 && std::string_view(arguments[1]) == "--list") {
        for (const Chapter& chapter : kChapters) std::puts(chapter.name);
        return 0;
    }
    if (count < 3) {
        std::fputs("usage: conformance_application CHAPTER DSN [ansi|wide] [2|3|380]\n", stderr);
        return 2;
    }
    // The driver manager converts text for ANSI-only drivers as the locale says.
    std::setlocale(LC_ALL, "");
    Run run;
    run.dsn = arguments[2];
    run.wide = count > 3 && std::string_view(arguments[3]) == "wide";
    const std::string_view version = count > 4 ? arguments[4] : "3";
    run.version = version == "2" ? SQL_OV_ODBC2 : version == "380" ? SQL_OV_ODBC3_80 : SQL_OV_ODBC3;
    for (const Chapter& chapter : kChapters) {
        if (std::string_view(arguments[1]) != chapter.name) continue;
        chapter.play(run);
        say("end of %s", chapter.name);
        return 0;
    }
    std::fputs("no such chapter: --list names them\n", stderr);
    return 2;
}
