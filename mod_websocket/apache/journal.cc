// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/journal.hh"

#include <inttypes.h>

#include <chrono>
#include <string>
#include <utility>

namespace websocket::apache {

namespace {

using tunnel::Clock;

class SilentJournal : public tunnel::Journal {
 public:
  SilentJournal(limits::Lease place, status::Record record) noexcept
      : place_(std::move(place)), record_(std::move(record)) {}

  void ended(const tunnel::Account& account) noexcept override { record_.end(account); }
  void progressed(const tunnel::Account& account, tunnel::Time now) noexcept override {
    record_.report(account, status::seconds(now));
  }
  bool is_dismissed() const noexcept override { return record_.is_dismissed(); }

 private:
  limits::Lease place_;
  status::Record record_;  // gone before the place is another's
};

class ErrorLogJournal final : public SilentJournal {
 public:
  ErrorLogJournal(const request_rec* r, std::string_view target, limits::Lease place,
                  status::Record record)
      : SilentJournal(std::move(place), std::move(record)),
        server_(r->server),
        opened_(Clock::now()) {
    subject_.append(r->useragent_ip).append(" ").append(r->uri).append(" to ").append(target);
  }

  void ended(const tunnel::Account& account) noexcept override {
    SilentJournal::ended(account);
    if (account.fault) {
      const std::string_view fault = framing::describe(*account.fault);
      ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server_, "WS0211: target-framing: %s: %.*s",
                   subject_.c_str(), static_cast<int>(fault.size()), fault.data());
    }
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - opened_);
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, server_,
                 "WS0212: tunnel ended: %s: %s%s, close code %u; from the client %" PRIu64
                 " bytes in %" PRIu64 " messages, from the target %" PRIu64 " bytes in %" PRIu64
                 " messages, %.3f s",
                 subject_.c_str(), cause(account).c_str(),
                 account.timed_out ? ", the other end did not finish in time" : "",
                 account.close_code, account.client_bytes, account.client_messages,
                 account.target_bytes, account.target_messages,
                 static_cast<double>(time.count()) / 1000.0);
  }

 private:
  static std::string cause(const tunnel::Account& account) {
    std::string text(tunnel::name(account.ending));
    if (account.violation) text.append(": ").append(frame::describe(*account.violation));
    return text;
  }

  const server_rec* server_;
  Clock::time_point opened_;
  std::string subject_;
};

}  // namespace

std::unique_ptr<tunnel::Journal> make_journal(const request_rec* r, std::string_view target,
                                              const framing::Style& style, limits::Lease place,
                                              status::Record record) {
  const bool can_be_broken =
      style.form == framing::Form::text || style.form == framing::Form::lines;
  if (!APLOG_IS_LEVEL(r->server, can_be_broken ? APLOG_WARNING : APLOG_INFO)) {
    return std::make_unique<SilentJournal>(std::move(place), std::move(record));
  }
  return std::make_unique<ErrorLogJournal>(r, target, std::move(place), std::move(record));
}

}  // namespace websocket::apache
