//! Opening a folder: the snapshot that counts, then the frames after it, as far as each was put on disk as a whole.

use crate::command::Order;
use crate::config::Config;
use crate::engine::Engine;
use crate::error::Error;
use crate::files::Files;
use crate::frame::{self, FRAME_HEAD, Frame, What};
use crate::log::{Log, SEGMENT_HEAD, SegmentHead, segment_name};
use crate::pack::RulePack;
use crate::sign::place;
use crate::snapshot::{self, Loaded, PART, damaged, snapshot_name};

/// What was found.
pub(crate) struct Found {
    pub(crate) engine: Engine,
    pub(crate) log: Log,
    pub(crate) snapshot: u64,
    pub(crate) since_cut: u64,
}

pub(crate) fn recover(files: &mut impl Files, config: Config, packs: &[RulePack]) -> Result<Found, Error> {
    let mut engine = Engine::new(config, packs)?;
    let mut log = Log::new(config.segment_bytes, config.spare_segments);
    let (snapshots, segments) = sort_out(files, &mut log)?;
    let loaded = match snapshots.last() {
        Some(number) => snapshot::load(files, &snapshot_name(*number), &mut engine)?,
        None => Loaded::default(),
    };
    let (before, segments): (Vec<u64>, Vec<u64>) = segments.into_iter().partition(|number| *number < loaded.first_segment);
    before.into_iter().for_each(|number| log.blank_later(segment_name(number)));
    let since_cut = replay(files, &mut engine, &mut log, &segments, &loaded)?;
    engine.recovered()?;
    // The old ones go last: until here nothing was changed that a second attempt would need.
    for old in snapshots.iter().rev().skip(1) {
        files.remove(&snapshot_name(*old))?;
    }
    Ok(Found { engine, log, snapshot: snapshots.last().copied().unwrap_or_default(), since_cut })
}

/// The numbers of snapshots and segments, in order. What was only begun is removed.
fn sort_out(files: &mut impl Files, log: &mut Log) -> Result<(Vec<u64>, Vec<u64>), Error> {
    let (mut snapshots, mut segments) = (Vec::new(), Vec::new());
    for name in files.list()? {
        let number = |prefix: &str| name.strip_prefix(prefix).and_then(|digits| u64::from_str_radix(digits, 16).ok());
        if name.ends_with(".part") {
            files.remove(&name)?;
        } else if let Some(number) = number("snap-") {
            snapshots.push(number);
        } else if let Some(number) = number("log-") {
            log.used(number);
            segments.push(number);
        } else if let Some(number) = number("spare-") {
            log.found_spare(files, name, number)?;
        }
    }
    snapshots.sort_unstable();
    segments.sort_unstable();
    Ok((snapshots, segments))
}

/// Applies the frames of all segments and lets the log go on behind the last. Bytes of the segments before the one it goes on in.
fn replay(files: &mut impl Files, engine: &mut Engine, log: &mut Log, segments: &[u64], loaded: &Loaded) -> Result<u64, Error> {
    let snapshot_now = engine.now();
    let heads = kept_heads(files, log, segments, loaded)?;
    let (mut behind, mut since_cut) = (None, 0);
    let mut following = heads.iter().skip(1);
    for head in &heads {
        let until = following.next();
        let name = segment_name(head.segment);
        if behind.is_some_and(|behind| behind != (head.sum, head.first)) {
            return Err(damaged(&name, "it does not go on from the one before"));
        }
        let (at, sum, next) = replay_segment(files, engine, *head, until.map(|until| until.first), loaded)?;
        behind = Some((sum, next));
        if until.is_some() {
            since_cut += u64::from(at);
        } else {
            // What was read may not be on disk yet, and is built upon from now on.
            files.sync(&name)?;
            log.go_on(head.segment, at, sum, next);
        }
    }
    if let (Some((_, next)), true) = (behind, loaded.highest > 0)
        && next <= loaded.highest
    {
        return Err(damaged("log", "it ends before the snapshot was made"));
    }
    if behind.is_none_or(|(_, next)| next <= loaded.outbox + 1) && loaded.outbox > 0 {
        engine.set_now(snapshot_now.max(engine.now()));
    }
    engine.replaying(true);
    Ok(since_cut)
}

/// The heads of the segments that hold the log.
///
/// A segment may have been begun in vain: its head could not be waited for, and the log went on in the one before. It has no frame, and
/// neither is it the one that the snapshot names; whatever its head says then, nothing in it was acknowledged. That nothing is
/// missing shows when each head goes on from the segment before.
fn kept_heads(files: &mut impl Files, log: &mut Log, segments: &[u64], loaded: &Loaded) -> Result<Vec<SegmentHead>, Error> {
    let mut heads: Vec<SegmentHead> = Vec::new();
    for number in segments {
        let mut bytes = [0; 32];
        let name = segment_name(*number);
        files.read(&name, 0, &mut bytes)?;
        match SegmentHead::of_bytes(&bytes).filter(|head| head.segment == *number) {
            Some(head) if heads.is_empty() || has_a_frame(files, head)? => heads.push(head),
            _ => log.blank_later(name),
        }
    }
    let begins =
        heads.first().map(|head| if loaded.first_segment == 0 { head.first == 1 } else { head.segment == loaded.first_segment });
    if begins.unwrap_or(loaded.first_segment == 0) {
        Ok(heads)
    } else {
        Err(damaged(&segment_name(loaded.first_segment), "it is missing"))
    }
}

fn has_a_frame(files: &mut impl Files, head: SegmentHead) -> Result<bool, Error> {
    let name = segment_name(head.segment);
    let mut bytes = vec![0; FRAME_HEAD];
    files.read(&name, u64::from(SEGMENT_HEAD), &mut bytes)?;
    let most = usize::try_from(files.length(&name)?).unwrap_or(usize::MAX);
    let Some(length) = frame::length(&bytes).filter(|length| *length <= most) else { return Ok(false) };
    bytes.resize(length, 0);
    let read = files.read(&name, u64::from(SEGMENT_HEAD), &mut bytes)?;
    bytes.truncate(read);
    Ok(frame::read(&bytes, Some(head.sum)).is_some_and(|frame| frame.number == head.first))
}

/// Bytes that are read in one go: few enough to stay near the processor until they are applied.
const PIECE: usize = 1 << 20;

/// The frames of one segment, up to the first that is not whole or that the next segment has.
fn replay_segment(
    files: &mut impl Files,
    engine: &mut Engine,
    head: SegmentHead,
    until: Option<u64>,
    loaded: &Loaded,
) -> Result<(u32, u32, u64), Error> {
    let name = segment_name(head.segment);
    let (mut at, mut sum, mut next) = (SEGMENT_HEAD, head.sum, head.first);
    let (mut bytes, mut used, mut whole) = (Vec::new(), 0, false);
    while until.is_none_or(|until| next < until) {
        let rest = bytes.get(used..).unwrap_or_default();
        let here = frame::length(rest).is_some_and(|length| length <= rest.len());
        if !here && !whole && (rest.len() < FRAME_HEAD || frame::length(rest).is_some()) {
            whole = read_on(files, &name, u64::from(at), &mut bytes, used)?;
            used = 0;
            continue;
        }
        let Some(frame) = frame::read(rest, Some(sum)).filter(|frame| frame.number == next) else { break };
        engine.replaying(frame.number > loaded.outbox);
        apply(engine, &frame, loaded);
        used += frame.bytes();
        at = at.saturating_add(u32::try_from(frame.bytes()).unwrap_or(u32::MAX));
        (sum, next) = (frame.sum, next + 1);
    }
    Ok((at, sum, next))
}

/// Forgets what is used and reads a piece more, from `at` on where what is not used begins. True at the end of the file.
fn read_on(files: &mut impl Files, name: &str, at: u64, bytes: &mut Vec<u8>, used: usize) -> Result<bool, Error> {
    bytes.drain(..used);
    let kept = bytes.len();
    bytes.resize(kept + PIECE, 0);
    let more = files.read(name, at + u64::try_from(kept).unwrap_or_default(), bytes.get_mut(kept..).unwrap_or_default())?;
    bytes.truncate(kept + more);
    Ok(more < PIECE)
}

fn apply(engine: &mut Engine, frame: &Frame<'_>, loaded: &Loaded) {
    engine.set_now(frame.now);
    if frame.number > loaded.highest {
        match frame.what {
            What::Signs => {
                engine.fetch(frame.signs().map(|sign| sign.slot));
                frame.signs().for_each(|sign| engine.apply_sign(sign));
            }
            What::Orders => frame.orders().for_each(|order| engine.apply(order)),
        }
        return;
    }
    // Written while the snapshot was: each part knows how much of it there is in it already.
    let part_has = |slot: u32| loaded.parts.get(place(slot / PART)).is_some_and(|latest| frame.number <= *latest);
    match frame.what {
        What::Signs => frame.signs().filter(|sign| !part_has(sign.slot)).for_each(|sign| engine.apply_sign(sign)),
        What::Orders => {
            for order in frame.orders() {
                match order.slot() {
                    Some(slot) if part_has(slot) => {
                        if matches!(order, Order::Withdraw { .. } | Order::ForgetRoutine { .. }) {
                            engine.owe_erasure(slot);
                        }
                    }
                    None if frame.number <= loaded.outbox => {}
                    _ => engine.apply(order),
                }
            }
        }
    }
}
