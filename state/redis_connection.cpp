#include "state/redis_connection.h"

#include <hiredis/hiredis.h>

#include "state/user_table.h"

namespace freshread {

namespace {

RedisReply owned(const redisReply& reply) {
    RedisReply own;
    switch (reply.type) {
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_STATUS:
            own.type = RedisReply::Type::Text;
            own.text.assign(reply.str, reply.len);
            break;
        case REDIS_REPLY_ERROR:
            own.type = RedisReply::Type::Error;
            own.text.assign(reply.str, reply.len);
            break;
        case REDIS_REPLY_INTEGER:
            own.type = RedisReply::Type::Number;
            own.number = reply.integer;
            break;
        case REDIS_REPLY_ARRAY:
            own.type = RedisReply::Type::List;
            for (std::size_t item = 0; item < reply.elements; ++item)
                own.items.push_back(owned(*reply.element[item]));
            break;
        default:
            break;
    }
    return own;
}

void append(std::string& out, const RedisCommand& command) {
    std::vector<const char*> words;
    std::vector<std::size_t> lengths;
    for (const std::string& word : command) {
        words.push_back(word.data());
        lengths.push_back(word.size());
    }
    char* text = nullptr;
    const int length =
        redisFormatCommandArgv(&text, static_cast<int>(words.size()), words.data(), lengths.data());
    if (length < 0) throw StoreUnavailable("A command for the store could not be written.");
    const std::unique_ptr<char, decltype(&redisFreeCommand)> owner(text, &redisFreeCommand);
    out.append(text, static_cast<std::size_t>(length));
}

}  // namespace

RedisConnection::RedisConnection(const Endpoint& endpoint, const Options& options, BootTime deadline)
    : socket_(endpoint, options.tls, deadline), reader_(redisReaderCreate(), redisReaderFree) {
    std::vector<RedisCommand> greeting;
    if (!options.login.password.empty() || !options.login.user.empty()) {
        RedisCommand login{"AUTH"};
        if (!options.login.user.empty()) login.push_back(options.login.user);
        login.push_back(options.login.password);
        greeting.push_back(std::move(login));
    }
    if (options.database != 0) greeting.push_back({"SELECT", std::to_string(options.database)});
    if (greeting.empty()) return;
    for (const RedisReply& reply : ask(greeting, deadline))
        if (reply.type == RedisReply::Type::Error)
            throw StoreUnavailable("The store's server refuses: " + reply.text + ".");
}

std::vector<RedisReply> RedisConnection::ask(std::span<const RedisCommand> commands, BootTime deadline) {
    std::string out;
    for (const RedisCommand& command : commands) append(out, command);
    socket_.send(out, deadline);
    std::vector<RedisReply> replies;
    while (replies.size() < commands.size()) {
        void* reply = nullptr;
        if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK)
            throw StoreUnavailable("The store's server does not speak the protocol of Redis.");
        if (reply) {
            const std::unique_ptr<void, decltype(&freeReplyObject)> owner(reply, &freeReplyObject);
            replies.push_back(owned(*static_cast<const redisReply*>(reply)));
            continue;
        }
        const std::string in = socket_.receive(deadline);
        if (redisReaderFeed(reader_.get(), in.data(), in.size()) != REDIS_OK)
            throw StoreUnavailable("The store's answer could not be kept.");
    }
    return replies;
}

RedisReply RedisConnection::ask_one(const RedisCommand& command, BootTime deadline) {
    RedisReply reply = std::move(ask({&command, 1}, deadline).front());
    if (reply.type == RedisReply::Type::Error)
        throw StoreUnavailable("The store's server refuses: " + reply.text + ".");
    return reply;
}

}  // namespace freshread
