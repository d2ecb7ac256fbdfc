//! How often one actor or address may do a thing. Memory is bounded by construction.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use crate::error::{AppError, codes};

/// Keys fall into this many buckets, so that no flood of addresses can fill the memory; about 10 MB a rule at most.
const BUCKETS: u64 = 1 << 18;
/// Idle buckets are dropped after so many checks.
const SWEEP_EVERY: u32 = 65_536;

/// One rule: what it is called, how many at once, how many a minute after that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its name, e.g. `write`.
    pub name: &'static str,
    /// How many may come at once.
    pub burst: NonZeroU32,
    /// How many a minute are made good again.
    pub per_minute: NonZeroU32,
}

impl Rule {
    /// A rule; 0 counts as 1.
    #[must_use]
    pub fn new(name: &'static str, burst: u32, per_minute: u32) -> Self {
        let at_least_one = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        Self { name, burst: at_least_one(burst), per_minute: at_least_one(per_minute) }
    }
}

/// The rate limits of the house.
pub struct RateLimits {
    rules: HashMap<&'static str, DefaultKeyedRateLimiter<u64>>,
    hasher: RandomState,
    checks: AtomicU32,
    clock: DefaultClock,
}

impl std::fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RateLimits").field("rules", &self.rules.keys()).finish_non_exhaustive()
    }
}

impl RateLimits {
    /// The rules that every site has: reading, writing, signing in, codes of homes, reports and photos of people without an account, and long
    /// lists that anybody may ask for, per address. A whole office or estate may sit behind one address: who tries one login again and again
    /// from there (`sign-in`), or codes (`claim`), shuts out nobody who signs in with another.
    #[must_use]
    pub fn usual() -> Self {
        Self::new(&[
            Rule::new("read", 600, 3_000),
            Rule::new("write", 120, 240),
            Rule::new("sign-in", 10, 10),
            Rule::new("sign-in-address", 120, 60),
            Rule::new("claim", 10, 10),
            Rule::new("photo", 20, 4),
            Rule::new("report", 30, 20),
            Rule::new("public-list", 120, 60),
        ])
    }

    /// Limits by these rules.
    #[must_use]
    pub fn new(rules: &[Rule]) -> Self {
        let limiter = |rule: &Rule| DefaultKeyedRateLimiter::keyed(Quota::per_minute(rule.per_minute).allow_burst(rule.burst));
        Self {
            rules: rules.iter().map(|rule| (rule.name, limiter(rule))).collect(),
            hasher: RandomState::new(),
            checks: AtomicU32::new(0),
            clock: DefaultClock::default(),
        }
    }

    /// Counts one act of `key` (an actor, an address) against the rule. An unknown rule limits nothing.
    ///
    /// # Errors
    /// `web.too_many` with the seconds to wait.
    pub fn check(&self, rule: &str, key: impl Hash) -> Result<(), AppError> {
        let Some(limiter) = self.rules.get(rule) else { return Ok(()) };
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            limiter.retain_recent();
        }
        let bucket = self.hasher.hash_one(key) % BUCKETS;
        limiter.check_key(&bucket).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.now());
            AppError::new(codes::TOO_MANY).retry_after(wait.as_secs().saturating_add(1))
        })
    }
}

/// What counts as one address: an IPv6 subscriber has a whole /64 to choose from, and an IPv4 address in IPv6 form is that address.
#[must_use]
pub fn address(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        four @ IpAddr::V4(_) => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscriber_is_one_address() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(address(ip("2001:db8:1:2:3:4:5:6")), address(ip("2001:db8:1:2:ffff::1")));
        assert_ne!(address(ip("2001:db8:1:2::1")), address(ip("2001:db8:1:3::1")));
        assert_eq!(address(ip("::ffff:192.0.2.1")), ip("192.0.2.1"));
    }

    #[test]
    fn one_may_be_stopped_while_another_goes_on() {
        let limits = RateLimits::new(&[Rule::new("write", 3, 1)]);
        for _ in 0..3 {
            limits.check("write", "10.0.0.1").unwrap();
        }
        let stopped = limits.check("write", "10.0.0.1").unwrap_err();
        assert!((1..=61).contains(&stopped.retry_after_secs().unwrap()));
        limits.check("write", "10.0.0.2").unwrap();
        limits.check("no-such-rule", "10.0.0.1").unwrap();
    }

    #[test]
    fn a_flood_of_addresses_stays_within_the_buckets() {
        let limits = RateLimits::new(&[Rule::new("write", 100, 100)]);
        for n in 0..400_000_u32 {
            let _ = limits.check("write", n);
        }
        let held = limits.rules["write"].len();
        assert!(held <= usize::try_from(BUCKETS).unwrap(), "{held}");
    }
}
