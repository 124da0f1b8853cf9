#include "state/redis_scripts.h"

#include <array>

#include <openssl/sha.h>

namespace freshread {

namespace {

// KEYS: the table. ARGV: the id that is expected, an id for a table that has to be born, the replication id
// of the server, and the operation's own from 4 on.
//
// An entry: position (8 digits of timeline, 16 of LSN), end of the pin (16), and 48 for each mark: writer,
// sequence, time (16 each). Numbers are compared as text: those of Lua are doubles.
constexpr const char* kPrologue = R"lua(
local key, expected, fresh, lineage = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local clock = redis.call('TIME')
local now = string.format('%016.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))
local function give_birth()
  redis.call('UNLINK', key)
  redis.call('HSET', key, 'id', fresh, 'base', '', 'born', now, 'lineage', lineage)
  return {fresh, '', 0}
end
local head = redis.call('HMGET', key, 'id', 'base', 'born', 'lineage')
local id, base, born = head[1], head[2], head[3]
if not (id and #id == 32 and base and (#base == 0 or #base == 24) and born and #born == 16
        and head[4] == lineage) then
  return give_birth()
end
local answer = {id, base, math.max(0, now - born)}
if id ~= expected then return answer end
local function whole(entry)
  return #entry >= 40 and (#entry - 40) % 48 == 0
end
local function covered(entry)
  local position = string.sub(entry, 1, 24)
  return #entry == 40 and string.sub(entry, 25, 40) <= now
         and (position == string.rep('0', 24) or (base ~= '' and position <= base))
end
local function entry_of(user)
  return redis.call('HGET', key, user) or string.rep('0', 40)
end
)lua";

// Begins what need not write. The deletion of a field that is not there changes nothing and is not
// replicated, but it is a write: a replica, a master that was demoted, or one that has fewer replicas than it
// should, refuses the script. A script that has written is not refused memory either: what it frees may be
// more.
constexpr const char* kOnMaster = R"lua(
redis.call('HDEL', KEYS[1], 'nobody')
)lua";

constexpr const char* kLook = R"lua(
local entry = redis.call('HGET', key, ARGV[4]) or ''
if entry ~= '' and not whole(entry) then return give_birth() end
answer[4], answer[5] = entry, now
return answer
)lua";

constexpr const char* kOpen = R"lua(
local user, writer, sequence = ARGV[4], ARGV[5], ARGV[6]
local entry = entry_of(user)
if not whole(entry) then return give_birth() end
local kept = string.sub(entry, 1, 40)
for at = 41, #entry, 48 do
  if string.sub(entry, at, at + 15) ~= writer then
    kept = kept .. string.sub(entry, at, at + 47)
  elseif string.sub(entry, at + 16, at + 31) > sequence then
    sequence = string.sub(entry, at + 16, at + 31)
  end
end
redis.call('HSET', key, user, kept .. writer .. sequence .. now)
answer[4] = 'open'
return answer
)lua";

constexpr const char* kClosing = R"lua(
local user, writer, sequence, position = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local pin = tonumber(ARGV[8])
local entry = entry_of(user)
if not whole(entry) then return give_birth() end
answer[4] = 'closed'
local have, pinned = string.sub(entry, 1, 24), string.sub(entry, 25, 40)
if position < have then position = have end
if pin > 0 then
  local until_then = string.format('%016.0f', now + pin)
  if until_then > pinned then pinned = until_then end
end
local changed = position .. pinned
for at = 41, #entry, 48 do
  if string.sub(entry, at, at + 31) ~= writer .. sequence then
    changed = changed .. string.sub(entry, at, at + 47)
  end
end
if covered(changed) then
  redis.call('HDEL', key, user)
else
  redis.call('HSET', key, user, changed)
end
return answer
)lua";

// Another's mark: an old leader closes nothing, and a mark that is gone raises nothing.
constexpr const char* kSettle = R"lua(
local marked = entry_of(ARGV[4])
local held = false
for at = 41, #marked, 48 do
  held = held or string.sub(marked, at, at + 31) == ARGV[5] .. ARGV[6]
end
if not held or (base ~= '' and string.sub(ARGV[7], 1, 8) < string.sub(base, 1, 8)) then
  answer[4] = 'kept'
  return answer
end
)lua";

constexpr const char* kBase = R"lua(
local position = ARGV[4]
if base == '' or string.sub(position, 1, 8) > string.sub(base, 1, 8) then
  redis.call('HSET', key, 'base', position)
  answer[2] = position
end
answer[4] = 'known'
return answer
)lua";

constexpr const char* kRaise = R"lua(
local lowest = ARGV[4]
if base ~= '' and string.sub(lowest, 1, 8) == string.sub(base, 1, 8) and lowest > base then
  redis.call('HSET', key, 'base', lowest)
  base = lowest
  answer[2] = base
end
)lua";

constexpr const char* kRaised = R"lua(
answer[4] = 'raised'
return answer
)lua";

constexpr const char* kSweep = R"lua(
local cursor = ARGV[5]
local scanned = redis.call('HSCAN', key, cursor, 'COUNT', 100)
answer[4] = scanned[1]
for at = 1, #scanned[2], 2 do
  local user, entry = scanned[2][at], scanned[2][at + 1]
  if #user == 32 then
    if not whole(entry) then return give_birth() end
    if covered(entry) then
      redis.call('HDEL', key, user)
    elseif #entry > 40 then
      answer[#answer + 1] = user
      answer[#answer + 1] = entry
    end
  end
end
return answer
)lua";

}  // namespace

RedisScript::RedisScript(std::string whole) : text(std::move(whole)) {
    std::array<unsigned char, SHA_DIGEST_LENGTH> hash{};
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
    constexpr const char* kDigits = "0123456789abcdef";
    for (const unsigned char byte : hash) {
        digest += kDigits[byte >> 4U];
        digest += kDigits[byte & 15U];
    }
}

RedisScripts::RedisScripts()
    : look(std::string(kOnMaster) + kPrologue + kLook),
      open(std::string(kPrologue) + kOpen),  // refused where memory is full
      close(std::string(kOnMaster) + kPrologue + kClosing),
      settle(std::string(kOnMaster) + kPrologue + kSettle + kClosing),
      base(std::string(kOnMaster) + kPrologue + kBase),
      raise(std::string(kOnMaster) + kPrologue + kRaise + kRaised),
      sweep(std::string(kOnMaster) + kPrologue + kRaise + kSweep) {}

const RedisScripts& RedisScripts::all() {
    // Never destroyed: connections may be used by static destructors of the application.
    static const auto* const scripts = new RedisScripts;
    return *scripts;
}

}  // namespace freshread
