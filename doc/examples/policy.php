<?php
// SPDX-License-Identifier: Apache-2.0
// A policy that PHP writes, however PHP is run (php-cgi, PHP-FPM, mod_php), where `WebSocket On`
// holds:
//
//   <Directory "/srv/www/chat">
//     WebSocket On
//     WebSocketTarget same-host:6667-6668
//   </Directory>

$page = 'https://www.example.org';           // whose pages may connect
$ports = ['staff' => 6667, 'guests' => 6668];  // staff: users whom httpd knows

// What is no policy goes to the client as it is.
function answer(int $status, string $text, string ...$headers): never
{
    http_response_code($status);
    header('Content-Type: text/plain');
    array_map('header', $headers);
    echo "$text\n";
    exit;
}

// A page may ask why it was refused, without a handshake; httpd judges the policy then as well.
$explains = ($_SERVER['WEBSOCKET_EXPLAIN'] ?? $_SERVER['REDIRECT_WEBSOCKET_EXPLAIN'] ?? '') !== '';

if (strtolower($_SERVER['HTTP_UPGRADE'] ?? '') !== 'websocket' && !$explains) {
    answer(426, 'This is a WebSocket.', 'Upgrade: websocket', 'Connection: Upgrade');
}
if (($_SERVER['HTTP_ORIGIN'] ?? '') !== $page) {
    // A 401 needs a challenge; this one makes no browser ask for a password.
    answer(401, 'This page may not connect.', 'WWW-Authenticate: Origin realm="chat"');
}

$user = $_SERVER['REMOTE_USER'] ?? $_SERVER['REDIRECT_REMOTE_USER'] ?? '';
$port = $ports[$user !== '' ? 'staff' : 'guests'];

// httpd compares the origin with allow-origin once more; without the element only pages of this
// very site would be let in.
header('Content-Type: application/xml');
?>
<websocket>
  <port><?= $port ?></port>
  <allow-origin><?= $page ?></allow-origin>
</websocket>
