// The program that the headers of the tests are precompiled for.
int main() {}
