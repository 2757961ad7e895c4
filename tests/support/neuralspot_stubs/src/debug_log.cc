/* What the SDK's harness gives to the interpreter's archive; nobody listens here. */
#include <cstdarg>
#include <cstddef>

extern "C" void DebugLog(const char*, va_list)
{
}

extern "C" int DebugVsnprintf(char*, size_t, const char*, va_list)
{
    return 0;
}
