// SPDX-License-Identifier: Apache-2.0
#include "policy/document.hh"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "policy/ascii.hh"
#include "policy/document_text.hh"
#include "policy/elements.hh"
#include "policy/quoted.hh"
#include "policy/source_text.hh"

namespace policy {
namespace {

std::string element_names() {
  std::string names;
  for (const ElementRow& row : element_rows()) {
    names += names.empty() ? "" : ", ";
    names += row.name;
  }
  return names;
}

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view{} : reinterpret_cast<const char*>(text);
}

/// One parse: libxml2's SAX events in, a Draft or the first error out. No tree is built.
class Reader {
 public:
  explicit Reader(std::string_view text) : source_(text) {}

  tl::expected<Document, DocumentError> read();

 private:
  struct CloseContext {
    void operator()(xmlParserCtxt* context) const { xmlFreeParserCtxt(context); }
  };

  void start_element(std::string_view name, bool plain);
  void end_element();
  void characters(std::string_view text);
  void libxml2_error(const xmlError& error);
  void finish_value();
  void finish_root();

  void fail(DocumentFault fault, std::string message, std::size_t offset);
  std::size_t offset() const;
  static Reader& self(void* data) { return *static_cast<Reader*>(data); }
  /// xmlError is const from libxml2 2.12 on.
  template <typename Error>
  static void on_error(void* data, Error* error) noexcept {
    self(data).libxml2_error(*error);
  }
  static xmlSAXHandler handlers();

  SourceText source_;
  std::unique_ptr<xmlParserCtxt, CloseContext> context_;
  std::optional<DocumentError> error_;
  Draft draft_;
  std::map<std::string_view, std::size_t> starts_;  // of the elements that stand once
  bool in_root_ = false;
  const ElementRow* element_ = nullptr;  // the one that is open below the root
  std::string value_;                    // its text so far
  std::size_t root_start_ = 0;
  std::size_t element_start_ = 0;  // of the tag that was read last
  std::size_t markup_end_ = 0;     // behind the tag that was read last
};

void Reader::fail(DocumentFault fault, std::string message, std::size_t offset) {
  // libxml2 runs on to the end (64 KiB), because stopping it frees the buffer that it stands in.
  if (error_) {
    return;
  }
  const Place place = source_.place(offset);
  error_ = DocumentError{fault, std::move(message), place.line, place.column};
}

std::size_t Reader::offset() const {
  const long consumed = xmlByteConsumed(context_.get());
  return consumed < 0 ? 0 : std::min(static_cast<std::size_t>(consumed), source_.text().size());
}

void Reader::start_element(std::string_view name, bool plain) {
  element_start_ = source_.tag_start(offset());
  markup_end_ = source_.tag_end(element_start_);
  if (!in_root_) {
    root_start_ = element_start_;  // text_fault has looked at its name
    in_root_ = true;
  } else if (element_ != nullptr) {
    fail(DocumentFault::unknown_element,
         "<" + std::string(element_->name) + "> holds text only, no element", element_start_);
    return;
  } else {
    const std::span<const ElementRow> rows = element_rows();
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const ElementRow& candidate) {
      return candidate.name == name;
    });
    if (row == rows.end()) {
      fail(DocumentFault::unknown_element,
           "the element " + quoted(name) + " is not known; known are " + element_names(),
           element_start_);
      return;
    }
    if (!row->repeatable && !starts_.try_emplace(row->name, element_start_).second) {
      fail(DocumentFault::duplicate, "a second <" + std::string(name) + ">; write one only",
           element_start_);
      return;
    }
    element_ = &*row;
    value_.clear();
  }
  if (!plain) {
    fail(DocumentFault::attribute,
         "<" + std::string(name) + "> has no attributes and no namespace; write <" +
             std::string(name) + ">",
         element_start_);
  }
}

void Reader::characters(std::string_view text) {
  if (element_ != nullptr) {
    value_ += text;
  } else if (text.find_first_not_of(ascii::k_white) != std::string_view::npos) {
    fail(DocumentFault::stray_text, "text between the elements; write " + element_names() + " only",
         source_.skip_ignorable(markup_end_));
  }
}

void Reader::end_element() {
  if (element_ != nullptr) {
    finish_value();
    element_ = nullptr;
    // An empty-element tag has no end tag of its own.
    markup_end_ = std::max(markup_end_, source_.tag_end(source_.tag_start(offset())));
  } else {
    finish_root();
    in_root_ = false;
  }
}

void Reader::finish_value() {
  const std::string_view value = ascii::trimmed(value_);
  if (value.empty() && !element_->may_be_empty) {
    fail(DocumentFault::empty_value,
         "<" + std::string(element_->name) + "> is empty; write " + std::string(element_->example),
         element_start_);
    return;
  }
  const auto taken = element_->take(draft_, value);
  if (!taken) {
    fail(DocumentFault::bad_value, std::string(element_->name) + ": " + taken.error(),
         source_.skip_ignorable(markup_end_));
  }
}

void Reader::finish_root() {
  std::vector<WholeFault> faults = whole_faults(draft_);
  const auto start = [&](const WholeFault& fault) {
    const auto found = starts_.find(fault.element);
    return found == starts_.end() ? root_start_ : found->second;
  };
  const auto first = std::min_element(
      faults.begin(), faults.end(),
      [&](const WholeFault& left, const WholeFault& right) { return start(left) < start(right); });
  if (first != faults.end()) fail(first->fault, std::move(first->message), start(*first));
}

void Reader::libxml2_error(const xmlError& error) {
  if (error.level <= XML_ERR_WARNING) {
    return;
  }
  std::string_view message = error.message == nullptr ? "not well-formed" : error.message;
  message = ascii::trimmed(message);
  // libxml2 quotes the document, and a document may hold line feeds.
  std::string line;
  for (const char c : message.substr(0, 200)) {
    line += c >= ' ' && c <= '~' ? c : '?';
  }
  fail(DocumentFault::not_well_formed, line, offset());
}

/// noexcept: nothing may be thrown through libxml2, which is C. No memory ends the process, as it
/// does in APR.
xmlSAXHandler Reader::handlers() {
  xmlSAXHandler sax{};
  sax.initialized = XML_SAX2_MAGIC;
  // No DOCTYPE gets this far; if one did, no handler here would declare or load an entity.
  sax.internalSubset = [](void* data, const xmlChar*, const xmlChar*, const xmlChar*) noexcept {
    self(data).fail(DocumentFault::doctype, "a DOCTYPE is not allowed; leave it out", 0);
  };
  sax.startElementNs = [](void* data, const xmlChar* name, const xmlChar* prefix,
                          const xmlChar* uri, int namespaces, const xmlChar**, int attributes, int,
                          const xmlChar**) noexcept {
    if (!self(data).error_) {
      self(data).start_element(
          view(name), prefix == nullptr && uri == nullptr && namespaces == 0 && attributes == 0);
    }
  };
  sax.endElementNs = [](void* data, const xmlChar*, const xmlChar*, const xmlChar*) noexcept {
    if (!self(data).error_) {
      self(data).end_element();
    }
  };
  sax.characters = [](void* data, const xmlChar* text, int length) noexcept {
    if (!self(data).error_) {
      self(data).characters(
          {reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)});
    }
  };
  sax.ignorableWhitespace = sax.characters;
  sax.cdataBlock = sax.characters;
  sax.serror = on_error;
  return sax;
}

tl::expected<Document, DocumentError> Reader::read() {
  if (std::optional<TextFault> fault = text_fault(source_)) {
    fail(fault->fault, std::move(fault->message), fault->offset);
    return tl::unexpected(*error_);
  }
  const std::string_view text = source_.text();
  context_.reset(xmlCreateMemoryParserCtxt(text.data(), static_cast<int>(text.size())));
  if (!context_) {
    fail(DocumentFault::not_well_formed, "no memory to read the document", 0);
    return tl::unexpected(*error_);
  }
  *context_->sax = handlers();
  context_->userData = this;
  xmlCtxtUseOptions(context_.get(), XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
  xmlParseDocument(context_.get());
  if (!error_ && context_->wellFormed == 0) {
    fail(DocumentFault::not_well_formed, "not well-formed", offset());
  }
  if (error_) {
    return tl::unexpected(*error_);
  }
  return finish(std::move(draft_));
}

}  // namespace

tl::expected<Document, DocumentError> parse_document(std::string_view xml) {
  // Once, and before any thread can be in libxml2 by way of us: its own lazy start is not safe in
  // every version that is still about.
  [[maybe_unused]] static const bool ready = (xmlInitParser(), true);
  // Editors on Windows begin UTF-8 with a byte order mark; it is no part of the first line.
  if (xml.starts_with(k_byte_order_mark)) {
    xml.remove_prefix(k_byte_order_mark.size());
  }
  return Reader(xml).read();
}

std::string_view name_of(DocumentFault fault) {
  switch (fault) {
    case DocumentFault::empty: return "empty";
    case DocumentFault::not_xml: return "not-xml";
    case DocumentFault::other_root: return "other-root";
    case DocumentFault::too_large: return "too-large";
    case DocumentFault::encoding: return "encoding";
    case DocumentFault::doctype: return "doctype";
    case DocumentFault::not_well_formed: return "not-well-formed";
    case DocumentFault::unknown_element: return "unknown-element";
    case DocumentFault::attribute: return "attribute";
    case DocumentFault::duplicate: return "duplicate";
    case DocumentFault::missing: return "missing";
    case DocumentFault::stray_text: return "stray-text";
    case DocumentFault::empty_value: return "empty-value";
    case DocumentFault::bad_value: return "bad-value";
  }
  return "unknown";
}

}  // namespace policy
