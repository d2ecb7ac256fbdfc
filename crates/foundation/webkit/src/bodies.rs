//! Bodies on their way in: how much of them is held in memory, of everybody and of one address, and how long one may pause.
//!
//! What is counted is what has really come. Who comes when nothing more can be held is told to try again; nobody waits for room
//! that another one, who sends nothing, keeps.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use futures_util::{StreamExt as _, stream};

/// Bodies up to this size are not counted: so many connections as there may be hold no more of them than the machine has.
const SMALL: u64 = 64 * 1024;

/// How much may be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes of all bodies together.
    pub bytes: usize,
    /// Bytes of the bodies of one address (an IPv6 /64 is one). An estate or an office may sit behind one.
    pub bytes_of_one: usize,
    /// Requests of one address that are being answered at the same time; event streams are not among them once they run.
    pub requests_of_one: usize,
    /// The longest pause within a body.
    pub pause: Duration,
}

impl Default for Room {
    fn default() -> Self {
        const MB: usize = 1024 * 1024;
        Self { bytes: 256 * MB, bytes_of_one: 96 * MB, requests_of_one: 512, pause: Duration::from_secs(10) }
    }
}

/// What is held now.
#[derive(Debug)]
pub(crate) struct Bodies {
    room: Room,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    bytes: usize,
    by_address: HashMap<IpAddr, Share>,
}

#[derive(Debug, Default)]
struct Share {
    bytes: usize,
    requests: usize,
}

/// Why a body was broken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// No more can be held.
    #[error("too much is being sent at the same time")]
    Full,
    /// Nothing came for too long.
    #[error("the body paused for too long")]
    Paused,
}

/// What one request holds. Given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Guest {
    bodies: Arc<Bodies>,
    address: IpAddr,
    own: Mutex<(usize, Option<Broken>)>,
}

impl Bodies {
    pub(crate) fn new(room: Room) -> Arc<Self> {
        Arc::new(Self { room, held: Mutex::default() })
    }

    /// Lets a request in; `None` when its address has as many as it may.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Arc<Guest>> {
        let mut held = self.held();
        let share = held.by_address.entry(address).or_default();
        if share.requests >= self.room.requests_of_one {
            return None;
        }
        share.requests += 1;
        Some(Arc::new(Guest { bodies: Arc::clone(self), address, own: Mutex::default() }))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, address: IpAddr, bytes: usize) -> Result<(), Broken> {
        let mut held = self.held();
        if held.bytes.saturating_add(bytes) > self.room.bytes {
            return Err(Broken::Full);
        }
        let share = held.by_address.entry(address).or_default();
        if share.bytes.saturating_add(bytes) > self.room.bytes_of_one {
            return Err(Broken::Full);
        }
        share.bytes += bytes;
        held.bytes += bytes;
        Ok(())
    }

    fn leave(&self, address: IpAddr, bytes: usize) {
        let mut held = self.held();
        held.bytes = held.bytes.saturating_sub(bytes);
        let Some(share) = held.by_address.get_mut(&address) else { return };
        share.bytes = share.bytes.saturating_sub(bytes);
        share.requests = share.requests.saturating_sub(1);
        if share.requests == 0 {
            held.by_address.remove(&address);
        }
    }
}

impl Guest {
    /// The body with what comes of it counted (unless it is `streamed` on, to disk) and its pauses bounded.
    pub(crate) fn watch(self: &Arc<Self>, body: Body, streamed: bool) -> Body {
        if body.is_end_stream() || body.size_hint().upper().is_some_and(|most| most <= SMALL) {
            return body;
        }
        let (guest, pause) = (Arc::clone(self), self.bodies.room.pause);
        let watched = stream::unfold(Some(body.into_data_stream()), move |rest| {
            let guest = Arc::clone(&guest);
            async move {
                let mut rest = rest?;
                let frame: Result<Bytes, axum::Error> = match tokio::time::timeout(pause, rest.next()).await {
                    Err(_) => Err(axum::Error::new(guest.broken(Broken::Paused))),
                    Ok(None) => return None,
                    Ok(Some(Ok(bytes))) if streamed => Ok(bytes),
                    Ok(Some(Ok(bytes))) => guest.take(bytes.len()).map(|()| bytes).map_err(axum::Error::new),
                    Ok(Some(Err(error))) => Err(error),
                };
                let rest = frame.is_ok().then_some(rest);
                Some((frame, rest))
            }
        });
        Body::from_stream(watched)
    }

    /// Why its body was broken off, if it was.
    pub(crate) fn why_broken(&self) -> Option<Broken> {
        self.own().1
    }

    fn own(&self) -> MutexGuard<'_, (usize, Option<Broken>)> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn broken(&self, why: Broken) -> Broken {
        self.own().1 = Some(why);
        why
    }

    fn take(&self, bytes: usize) -> Result<(), Broken> {
        self.bodies.take(self.address, bytes).map_err(|why| self.broken(why))?;
        self.own().0 += bytes;
        Ok(())
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let bytes = self.own().0;
        self.bodies.leave(self.address, bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> Room {
        Room { bytes: 300, bytes_of_one: 200, requests_of_one: 2, pause: Duration::from_secs(1) }
    }

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn one_address_leaves_room_for_others_and_gives_back_what_it_held() {
        let bodies = Bodies::new(room());
        let greedy = bodies.enter(ip(1)).unwrap();
        greedy.take(150).unwrap();
        assert_eq!(greedy.take(60), Err(Broken::Full), "200 for one address");
        assert_eq!(greedy.why_broken(), Some(Broken::Full));
        let second = bodies.enter(ip(1)).unwrap();
        assert!(bodies.enter(ip(1)).is_none(), "two requests at a time");
        let other = bodies.enter(ip(2)).unwrap();
        other.take(150).unwrap();
        assert_eq!(bodies.enter(ip(3)).unwrap().take(1), Err(Broken::Full), "300 for all together");
        drop((greedy, second));
        bodies.enter(ip(3)).unwrap().take(150).unwrap();
        drop(other);
        assert!(bodies.held().by_address.is_empty() && bodies.held().bytes == 0, "nothing is forgotten");
    }
}
