//! The watch on disk: whatever is answered is there, and effects are handed out only when what they follow from is.

use crate::command::{Command, Order};
use crate::compaction::{Compaction, Failed};
use crate::config::Config;
use crate::effect::Effect;
use crate::engine::{Engine, Judged};
use crate::error::Error;
use crate::files::Files;
use crate::frame::{Frame, Group, What};
use crate::log::Log;
use crate::pack::RulePack;
use crate::recovery;
use crate::sign::{Second, Sign, Slot};

/// An [`Engine`] whose every step is on disk. One owner calls it; a server gives it a thread of its own that, in turn, commits what came
/// in, lets a second pass, and rests.
#[derive(Debug)]
pub struct Watch<F> {
    pub(crate) files: F,
    pub(crate) engine: Engine,
    pub(crate) log: Log,
    group: Group,
    /// Effects up to this number were handed out.
    handed: u64,
    pub(crate) compaction: Option<Compaction>,
    /// The number of the snapshot that counts; 0 before the first.
    pub(crate) snapshot: u64,
    /// When the log was cut last.
    pub(crate) cut: Second,
    /// Bytes of whole segments since.
    pub(crate) since_cut: u64,
    /// Since when an erasure is owed, by the clock as it is.
    pub(crate) owed_since: Option<Second>,
    /// A compaction that failed, to be taken up again.
    pub(crate) failed: Option<Failed>,
}

/// What a step of time brought.
#[derive(Debug, Default)]
pub struct Passed {
    /// To be done.
    pub effects: Vec<Effect>,
    /// More persons are due than one step looks at: let time pass again soon.
    pub more: bool,
}

/// What a rest brought.
#[derive(Debug, Default)]
pub struct Rested {
    /// There is more to do: rest again when nobody waits.
    pub more: bool,
    /// Of these persons nothing is in any file any more.
    pub erased: Vec<Slot>,
}

impl<F: Files> Watch<F> {
    /// Opens a folder: recovers what was acknowledged, or begins an empty watch. [`Watch::undelivered`] has what must be handed out again.
    ///
    /// # Errors
    /// Files that cannot be read, or say what nobody wrote; persons with a pack that is not among `packs`.
    pub fn open(mut files: F, config: Config, packs: &[RulePack]) -> Result<Self, Error> {
        let config =
            Config { segment_bytes: config.segment_bytes.max(8 << 10), looks_per_step: config.looks_per_step.max(1), ..config };
        let found = recovery::recover(&mut files, config, packs)?;
        let (group, cut) = (found.log.group(), found.engine.now());
        Ok(Self {
            handed: found.engine.latest_number(),
            files,
            engine: found.engine,
            log: found.log,
            group,
            compaction: None,
            snapshot: found.snapshot,
            cut,
            since_cut: found.since_cut,
            owed_since: None,
            failed: None,
        })
    }

    /// Puts a batch into the group that the next [`Watch::commit`] puts on disk. The answer holds when that succeeds, not before.
    ///
    /// # Errors
    /// When the group would be too large; the batch is not in it then.
    pub fn submit(&mut self, now: Second, signs: &[Sign]) -> Result<Judged, Error> {
        self.engine.tell_time(now);
        self.make_room(signs)?;
        Ok(judge_all(&self.engine, &mut self.group, signs, None))
    }

    /// As [`Watch::submit`]; after each sign `told` gets the counts so far, so that whoever answers each sign by itself can.
    ///
    /// # Errors
    /// As [`Watch::submit`].
    pub fn submit_telling(&mut self, now: Second, signs: &[Sign], mut told: impl FnMut(&Judged)) -> Result<Judged, Error> {
        self.engine.tell_time(now);
        self.make_room(signs)?;
        Ok(judge_all(&self.engine, &mut self.group, signs, Some(&mut told)))
    }

    fn make_room(&self, signs: &[Sign]) -> Result<(), Error> {
        let fits = self.log.fits(self.group.bytes().len() + crate::frame::FRAME_HEAD + signs.len() * 8);
        if fits { Ok(()) } else { Err(Error::TooMuch) }
    }

    /// Puts all submitted batches on disk with one wait for the device, then into memory.
    ///
    /// # Errors
    /// [`Error::Full`] or [`Error::Files`]: none of the batches counts, none may be acknowledged; submit them again.
    pub fn commit(&mut self) -> Result<Vec<Effect>, Error> {
        self.put_on_disk(false)?;
        Ok(self.new_effects())
    }

    /// A decision about a person, on disk.
    ///
    /// # Errors
    /// When it cannot be (nobody there, somebody there already, no such pack), or not now ([`Error::passes`]).
    pub fn command(&mut self, now: Second, command: Command) -> Result<Vec<Effect>, Error> {
        self.commands(now, &[command])
    }

    /// Several decisions under one wait for the device, all or none. Each is judged as things stand before the first.
    ///
    /// # Errors
    /// As [`Watch::command`], of the first that cannot be.
    pub fn commands(&mut self, now: Second, commands: &[Command]) -> Result<Vec<Effect>, Error> {
        let orders: Vec<Order> = commands.iter().map(|command| command.0).collect();
        self.orders(now, &orders)
    }

    /// As [`Watch::commands`].
    pub(crate) fn orders(&mut self, now: Second, orders: &[Order]) -> Result<Vec<Effect>, Error> {
        self.engine.tell_time(now);
        self.put_on_disk(false)?;
        orders.iter().try_for_each(|order| self.engine.check(*order))?;
        self.write_down(orders.iter().copied(), self.engine.now())?;
        Ok(self.new_effects())
    }

    /// The caller has done, or noted durably, all effects up to this number. They are not handed out again.
    ///
    /// # Errors
    /// When it could not be written; then they may be handed out again, under the same numbers.
    pub fn confirm(&mut self, number: u64) -> Result<(), Error> {
        let number = number.min(self.handed);
        if self.engine.outbox().front().is_some_and(|effect| effect.number <= number) {
            self.put_on_disk(false)?;
            self.write_down([Order::Confirm { number }].into_iter(), self.engine.now())?;
        }
        Ok(())
    }

    /// Effects that nobody confirmed, oldest first.
    pub fn undelivered(&self) -> impl Iterator<Item = Effect> {
        self.engine.outbox().iter().copied()
    }

    /// Somebody vouches that it is now `now`, even if that is behind the watch's time. Alarms are held while it settles.
    /// Everybody is filed anew, which for a city takes half a second.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn trust_clock(&mut self, now: Second) -> Result<(), Error> {
        self.put_on_disk(false)?;
        self.write_down([Order::TrustClock { now }].into_iter(), now)?;
        self.engine.trust_clock(now);
        Ok(())
    }

    /// Lets time pass: commits what was submitted, then raises what is due. Call it every second.
    ///
    /// # Errors
    /// When it could not be written; then nothing was raised, and all of it is due at the next call. If it was the submitted
    /// batches that could not be written, they do not count; the next call goes on without them.
    pub fn tick(&mut self, now: Second) -> Result<Passed, Error> {
        self.engine.tell_time(now);
        self.put_on_disk(false)?;
        let (orders, more) = self.engine.due();
        if let Err(error) = self.write_down(orders.iter().copied(), self.engine.now()) {
            self.engine.still_due(&orders);
            return Err(error);
        }
        Ok(Passed { effects: self.new_effects(), more })
    }

    /// A batch, on disk, and the time that passed. What was due and could not be written is due again: [`Passed::more`].
    ///
    /// # Errors
    /// As [`Watch::commit`]; the batch does not count then.
    pub fn step(&mut self, now: Second, signs: &[Sign]) -> Result<(Judged, Passed), Error> {
        let judged = self.submit(now, signs)?;
        self.put_on_disk(false)?;
        let passed = self.tick(now).unwrap_or_else(|_| Passed { effects: self.new_effects(), more: true });
        Ok((judged, passed))
    }

    /// What is known, and by how many.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The number of the latest effect; 0 before the first. It goes back only when the folder was put back to an older copy.
    pub fn latest_effect(&self) -> u64 {
        self.engine.latest_number()
    }

    /// The number of the latest frame on disk.
    pub fn latest_frame(&self) -> u64 {
        self.log.latest()
    }

    /// Bytes of log that a restart has to read.
    pub fn log_bytes(&self) -> u64 {
        self.since_cut + self.log.used_bytes()
    }

    /// The files, closing the watch. What was submitted and not committed is gone.
    pub fn into_files(self) -> F {
        self.files
    }

    fn write_down(&mut self, orders: impl Iterator<Item = Order>, now: Second) -> Result<(), Error> {
        self.group.begin();
        orders.for_each(|order| self.group.push(order.to_bytes()));
        self.group.end(now, What::Orders);
        self.put_on_disk(true)
    }

    /// The group, and then what is in it: none of it before all of it is on disk. Afterwards the group is empty in any case.
    fn put_on_disk(&mut self, own: bool) -> Result<(), Error> {
        if self.group.is_empty() {
            return Ok(());
        }
        let (segment, used) = (self.log.segment(), self.log.used_bytes());
        let written = self.log.commit(&mut self.files, &self.group, own);
        if self.log.segment() != segment {
            self.since_cut += used;
        }
        if written.is_ok() {
            let told = self.engine.now();
            self.group.frames().for_each(|frame| apply(&mut self.engine, &frame));
            self.engine.set_now(told);
        }
        self.log.restart(&mut self.group);
        written
    }

    fn new_effects(&mut self) -> Vec<Effect> {
        let latest = self.engine.latest_number();
        if latest == self.handed {
            return Vec::new();
        }
        let new = self.engine.outbox().iter().rev().take_while(|effect| effect.number > self.handed);
        let mut new: Vec<Effect> = new.copied().collect();
        new.reverse();
        self.handed = latest;
        new
    }
}

/// Judges a batch and puts what counts into the group. It knows no files, so it stands once, in this crate, and is built as this crate is and
/// not as each caller.
fn judge_all(engine: &Engine, group: &mut Group, signs: &[Sign], mut told: Option<&mut dyn FnMut(&Judged)>) -> Judged {
    let (now, mut judged) = (engine.now(), Judged::default());
    engine.fetch(signs.iter().map(|sign| sign.slot));
    group.begin();
    for sign in signs {
        if let Some(sign) = engine.judge(*sign, &mut judged) {
            match sign.pack(now) {
                Some(record) => group.push(record),
                // Seventeen years ago.
                None => {
                    judged.taken -= 1;
                    judged.no_news += 1;
                }
            }
        }
        if let Some(told) = &mut told {
            told(&judged);
        }
    }
    group.end(now, What::Signs);
    judged
}

/// Signs and orders of a frame, at the time of the frame.
fn apply(engine: &mut Engine, frame: &Frame<'_>) {
    engine.set_now(frame.now);
    match frame.what {
        What::Signs => frame.signs().for_each(|sign| engine.apply_sign(sign)),
        What::Orders => frame.orders().for_each(|order| engine.apply(order)),
    }
}
