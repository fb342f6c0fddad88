// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace policy {

/// Whether a Content-Type (RFC 9110 section 8.3) says that what comes with it is XML for programs:
/// text/xml, application/xml or application/*+xml (RFC 7303), with any parameters. A picture that
/// is written in XML (image/svg+xml) is a picture.
bool is_xml_type(std::string_view content_type);

}  // namespace policy
