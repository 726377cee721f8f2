use std::time::Duration;

/// How much, and how slow, a browser may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once; further ones wait to be accepted.
    pub connections: usize,
    /// Bodies at once: each may hold an image, several times over. Further ones wait.
    pub bodies: usize,
    /// How long a request's head may take to arrive, and how long a connection may be idle.
    pub head: Duration,
    /// How long a body may take to arrive, and before it the wait for its turn.
    pub body: Duration,
    /// How long a browser may take to take some bytes.
    pub take: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            bodies: 4,
            head: Duration::from_secs(10),
            body: Duration::from_secs(30),
            take: Duration::from_secs(20),
        }
    }
}
