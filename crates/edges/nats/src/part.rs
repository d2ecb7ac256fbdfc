//! One part while it is owned: read up to now, then followed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::pull;
use async_nats::jetstream::message::Message;
use futures_util::{FutureExt as _, StreamExt as _};
use linli_watch::Sign;
use tokio::sync::watch;

use crate::bus::{Bus, Plan};
use crate::door::ANSWER;
use crate::error::NatsError;
use crate::keeping::{Keeping, Share};
use crate::wire::{self, Marks};

/// Signs that are brought to disk together at most.
const TOGETHER: usize = 65_536;
/// Before something that did not work is tried again.
const AGAIN: Duration = Duration::from_millis(500);
/// How often it is asked whether marks are stale.
const LOOK: Duration = Duration::from_secs(1);
/// Stale marks are written anew after this, so that those who withdraw together share one writing.
const SOON: Duration = Duration::from_secs(10);

/// A message as it came.
struct Came {
    message: Message,
    number: u64,
    signs: Vec<Sign>,
}

/// One part and whoever keeps it.
pub(crate) struct Part {
    bus: Bus,
    plan: Plan,
    keeping: Arc<dyn Keeping>,
    share: Share,
    /// Everything up to this message is on disk here.
    until: u64,
    /// The message that our marks lie in.
    marks_in: u64,
    marked: Instant,
    /// Up to where the marks hold that were written last.
    marked_until: u64,
    /// The marks are to be written anew, whatever they hold.
    stale: bool,
}

impl Part {
    pub(crate) fn new(bus: Bus, plan: Plan, keeping: Arc<dyn Keeping>, share: Share) -> Self {
        Self { bus, plan, keeping, share, until: 0, marks_in: 0, marked: Instant::now(), marked_until: 0, stale: false }
    }

    /// Owns the part until `stop`, or until it turns out that somebody else does. `taken` is told when everything was read.
    pub(crate) async fn own(mut self, mut stop: watch::Receiver<bool>, taken: watch::Sender<bool>) {
        loop {
            let ended = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                ended = self.live(&taken) => ended,
            };
            match ended {
                Err(NatsError::Fenced) => break,
                Err(error) => tracing::warn!(%error, part = self.share.shard.0, "a part of the watch is taken up again"),
                Ok(()) => {}
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                () = tokio::time::sleep(AGAIN) => {}
            }
        }
    }

    /// Writes what is known for whoever comes next, before the part is given back.
    pub(crate) async fn leave(bus: &Bus, keeping: &Arc<dyn Keeping>, share: Share) -> Result<(), NatsError> {
        let (instead, Some(there)) = bus.read_marks(share.shard).await? else { return Ok(()) };
        if there.epoch != share.epoch {
            return Err(NatsError::Fenced);
        }
        // Everything that came since is still in the stream; that it is in the marks too does no harm.
        let marks = Marks { marks: keeping.marks(share.shard).await?, ..there };
        bus.write_marks(share.shard, instead, &marks).await.map(drop)
    }

    async fn live(&mut self, taken: &watch::Sender<bool>) -> Result<(), NatsError> {
        let mut stream = if *taken.borrow() { self.bus.follow(self.share.shard, self.until).await? } else { self.take().await? };
        let _ = taken.send(true);
        loop {
            tokio::select! {
                came = next(&mut stream) => self.settle(came?).await?,
                () = tokio::time::sleep(LOOK) => {}
            }
            self.stale |= self.keeping.marks_are_stale(self.share.shard);
            let since = self.marked.elapsed();
            if self.stale && since >= SOON.min(self.plan.mark_every)
                || self.marked_until < self.until && since >= self.plan.mark_every
            {
                self.mark().await?;
            }
        }
    }

    /// Makes the marks ours, reads everything since, and only then begins to keep the part.
    async fn take(&mut self) -> Result<pull::Stream, NatsError> {
        let shard = self.share.shard;
        let (instead, there) = self.bus.read_marks(shard).await?;
        let there = there.unwrap_or(Marks { epoch: self.share.epoch, until: 0, marks: Vec::new() });
        if there.epoch > self.share.epoch {
            return Err(NatsError::Fenced);
        }
        let ours = Marks { epoch: self.share.epoch, ..there };
        // From here on nobody with an older claim writes marks, and so nobody removes signs that are still to be read. Who wrote some just
        // now made this fail, and they are read again.
        self.marks_in = match self.bus.write_marks(shard, instead, &ours).await {
            Err(NatsError::Fenced) => return Err(NatsError::broker("make the marks ours", "somebody wrote others just now")),
            other => other?,
        };
        (self.until, self.marked_until) = (ours.until, ours.until);
        let mut last = self.bus.last(shard).await?;
        let mut stream = self.bus.follow(shard, self.until).await?;
        let (mut came, mut read) = (Vec::new(), self.until);
        while read < last {
            tokio::select! {
                more = next(&mut stream) => {
                    let more = more?;
                    read = more.last().map_or(read, |came| came.number);
                    came.extend(more);
                }
                // What was the last may have grown too old meanwhile.
                () = tokio::time::sleep(LOOK) => last = self.bus.last(shard).await?,
            }
        }
        let since = came.iter().flat_map(|came| came.signs.iter().copied()).collect();
        self.keeping.take(self.share, ours.marks, since).await?;
        self.stale = true;
        // Once more, for the verdicts that are waited for; nothing of it is news.
        if !came.is_empty() {
            self.settle(came).await?;
        }
        Ok(stream)
    }

    /// Brings what came to disk, then answers it, then tells the broker.
    async fn settle(&mut self, came: Vec<Came>) -> Result<(), NatsError> {
        let signs: Vec<Sign> = came.iter().flat_map(|came| came.signs.iter().copied()).collect();
        let verdicts = if signs.is_empty() { Vec::new() } else { self.keeping.signs(signs).await? };
        let mut rest = verdicts.as_slice();
        for came in &came {
            let (said, after) = rest.split_at_checked(came.signs.len()).unwrap_or((rest, &[]));
            rest = after;
            let answer = came.message.headers.as_ref().and_then(|headers| headers.get(ANSWER));
            if let Some(answer) = answer {
                let told = self.bus.client.publish(answer.to_string(), said.to_vec().into()).await;
                told.map_err(|error| NatsError::broker("answer", error))?;
            }
        }
        if let Some(last) = came.last() {
            self.until = self.until.max(last.number);
            last.message.ack().await.map_err(|error| NatsError::broker("acknowledge", error))?;
        }
        Ok(())
    }

    /// Writes marks, then removes the signs that are in them.
    async fn mark(&mut self) -> Result<(), NatsError> {
        let shard = self.share.shard;
        let marks = Marks { epoch: self.share.epoch, until: self.until, marks: self.keeping.marks(shard).await? };
        self.marks_in = self.bus.write_marks(shard, self.marks_in, &marks).await?;
        (self.marked, self.marked_until, self.stale) = (Instant::now(), self.until, false);
        self.bus.forget_signs(shard, self.until).await
    }
}

/// What has come, at least one message; waits for it.
async fn next(stream: &mut pull::Stream) -> Result<Vec<Came>, NatsError> {
    let mut all = Vec::new();
    let mut many = 0;
    let mut more = Some(stream.next().await);
    while let Some(next) = more {
        let message = match next {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(NatsError::broker("read a part", error)),
            None => return Err(NatsError::broker("read a part", "the stream ended")),
        };
        let number = message.info().map_err(|error| NatsError::broker("read a message", error))?.stream_sequence;
        let signs = wire::to_signs(&message.payload).unwrap_or_else(|| {
            tracing::error!(number, "a message in the stream of signs holds none; it is passed over");
            Vec::new()
        });
        many += signs.len();
        all.push(Came { message, number, signs });
        more = if many < TOGETHER { stream.next().now_or_never() } else { None };
    }
    Ok(all)
}
