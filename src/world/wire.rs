//! What the two ends of a simulated connection agree on.

use crate::script::ACCESS;

/// Every server listens here.
pub const PORT: u16 = 80;

/// A request's place in the trace, so that what it causes can name it. Stripped by the server.
pub const REQUEST: &str = "x-schism-request";

/// The client that sends a request from its provider's access network: stands in for the login of
/// its session. Stripped by the server.
pub const CLIENT: &str = "x-schism-client";

/// The longest request body that a server reads, in bytes.
pub const MOST_REQUEST_BYTES: usize = 1 << 20;

/// The longest response body that a node reads, in bytes.
pub const MOST_RESPONSE_BYTES: usize = 4 << 20;

/// The host from which the clients of a provider dial.
pub fn access_network(provider: &str) -> String {
    format!("{ACCESS}{provider}")
}
