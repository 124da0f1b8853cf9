// What sanitizers find in the driver manager and in psqlodbc, used directly just as well. In every test
// program.

// psqlodbc and the driver manager race with themselves while connecting (setlocale(3), the search path of
// libltdl), used directly just as well.
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
    return "called_from_lib:psqlodbcw.so\ncalled_from_lib:libodbc.so.2\ncalled_from_lib:libltdl.so.7\n"
           "race:libodbc.so.2\nrace:psqlodbcw.so\nrace:libltdl.so.7";
}

// psqlodbc loses the bindings of an explicit descriptor when that is freed, used directly just as well.
extern "C" __attribute__((visibility("default"))) const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
    return "leak:psqlodbcw.so";
}

// AddressSanitizer takes what stands before a library's thread-local block for its size when the block begins
// 16 bytes behind a page, as it may in the heap; then the leak checker reads anywhere and dies
// ("Tracer caught signal 11", after "DTLS ... at 0x8c5").
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
    return "intercept_tls_get_addr=0";
}
