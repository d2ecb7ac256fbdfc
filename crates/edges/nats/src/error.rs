//! What can go wrong between processes, and what to do then.

/// Why something did not happen. All of it may be tried again but [`NatsError::Shards`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NatsError {
    /// The broker cannot be reached, or did not do it.
    #[error("NATS, {what}: {why}")]
    Broker {
        /// What was asked of it.
        what: &'static str,
        /// What it said.
        why: String,
    },
    /// The installation was split into another number of parts.
    #[error("this installation is split into {there} parts and not into {asked}: start with {there}")]
    Shards {
        /// As it is.
        there: u16,
        /// As this process was told.
        asked: u16,
    },
    /// Somebody else owns the part by now.
    #[error("another process owns the part")]
    Fenced,
    /// No owner had it on disk in time. The same may be sent again.
    #[error("no owner answered in time")]
    Unanswered,
    /// Whoever keeps the part does not take it now.
    #[error("the watch does not take it: {0}")]
    Kept(String),
}

impl NatsError {
    /// A stable word for it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Broker { .. } => "nats.broker",
            Self::Shards { .. } => "nats.shards",
            Self::Fenced => "nats.fenced",
            Self::Unanswered => "nats.unanswered",
            Self::Kept(_) => "nats.kept",
        }
    }

    /// What the broker was asked for, and what it said.
    pub(crate) fn broker(what: &'static str, why: impl std::fmt::Display) -> Self {
        Self::Broker { what, why: why.to_string() }
    }
}
