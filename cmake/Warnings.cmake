# Warnings are errors, in every target that links freshread_warnings. Not -Wnull-dereference: GCC 12 reports it
# inside the standard library; the analyzer of clang-tidy looks for the same. Where several files are compiled as one, what
# one has to itself shadows nothing of another.
add_library(freshread_warnings INTERFACE)
target_compile_options(freshread_warnings INTERFACE
    -Wall -Wextra -Wpedantic $<$<NOT:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wshadow> -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wcast-qual -Wformat=2 -Wundef -Werror)
