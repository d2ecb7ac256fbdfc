//! What the watch asks the world to do.

use std::fmt;

use crate::pack::Silence;
use crate::sign::{Second, Slot};

/// What identifies an alarm or a question for ever: the same silence never gets two, and no two silences share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlarmId {
    /// Whose silence.
    pub slot: Slot,
    /// From when it is counted; for a question the begin of the day of life it was asked on.
    pub since: Second,
    /// Whether it is only the softer question.
    pub question: bool,
}

impl fmt::Display for AlarmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}-{}", if self.question { 'q' } else { 'a' }, self.slot, self.since)
    }
}

/// Why an alarm or a question is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relief {
    /// A sign of life, with its time.
    Sign(Second),
    /// The person is away and said so.
    Away,
    /// The person is in hospital.
    InHospital,
    /// The consent to the routine that the question came from was withdrawn.
    RoutineForgotten,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Somebody goes and asks.
    Alarm {
        /// Its identity.
        id: AlarmId,
        /// What kind of silence.
        silence: Silence,
        /// When it became too long.
        deadline: Second,
    },
    /// Somebody rings up: well past the usual first sign of the day.
    SoftQuestion {
        /// Its identity.
        id: AlarmId,
        /// When it was due.
        due: Second,
    },
    /// No longer needed.
    Cleared {
        /// Which one.
        id: AlarmId,
        /// Why.
        relief: Relief,
    },
}

impl Task {
    /// Which alarm or question it is about.
    pub fn id(&self) -> AlarmId {
        match self {
            Self::Alarm { id, .. } | Self::SoftQuestion { id, .. } | Self::Cleared { id, .. } => *id,
        }
    }
}

/// A task with its number. It is handed out again after a restart, under the same number, until it is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Counts up by one and never back.
    pub number: u64,
    /// What is to be done.
    pub task: Task,
}

/// Bytes of an effect in a file and over a wire.
pub const EFFECT_BYTES: usize = 26;

impl Effect {
    /// As it lies in a file and goes over a wire.
    #[must_use]
    pub fn to_bytes(self) -> [u8; EFFECT_BYTES] {
        let id = self.task.id();
        let (kind, a, b) = match self.task {
            Task::Alarm { silence, deadline, .. } => (0, silence_code(silence), deadline),
            Task::SoftQuestion { due, .. } => (1, 0, due),
            Task::Cleared { relief, .. } => match relief {
                Relief::Sign(at) => (2, 0, at),
                Relief::Away => (2, 1, 0),
                Relief::InHospital => (2, 2, 0),
                Relief::RoutineForgotten => (2, 3, 0),
            },
        };
        let mut bytes = [0; EFFECT_BYTES];
        let parts = self.number.to_le_bytes().into_iter().chain([kind, a, u8::from(id.question), 0, 0, 0]);
        let parts = parts.chain(id.slot.to_le_bytes()).chain(id.since.to_le_bytes()).chain(b.to_le_bytes());
        bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
        bytes
    }

    /// The effect that these bytes are; nothing when they are none.
    #[must_use]
    pub fn of_bytes(bytes: &[u8; EFFECT_BYTES]) -> Option<Self> {
        let (number, rest) = bytes.split_first_chunk::<8>()?;
        let (&[kind, a, question, ..], rest) = rest.split_first_chunk::<6>()?;
        let [slot, since, b] = rest.as_chunks::<4>().0 else { return None };
        let id = AlarmId { slot: u32::from_le_bytes(*slot), since: u32::from_le_bytes(*since), question: question == 1 };
        let b = u32::from_le_bytes(*b);
        let task = match (kind, a) {
            (0, code) => Task::Alarm { id, silence: silence_of(code)?, deadline: b },
            (1, _) => Task::SoftQuestion { id, due: b },
            (2, 0) => Task::Cleared { id, relief: Relief::Sign(b) },
            (2, 1) => Task::Cleared { id, relief: Relief::Away },
            (2, 2) => Task::Cleared { id, relief: Relief::InHospital },
            (2, 3) => Task::Cleared { id, relief: Relief::RoutineForgotten },
            _ => return None,
        };
        Some(Self { number: u64::from_le_bytes(*number), task })
    }
}

pub(crate) fn silence_code(silence: Silence) -> u8 {
    match silence {
        Silence::NotLeftHome => 0,
        Silence::NotComeBack => 1,
        Silence::NoSign => 2,
    }
}

pub(crate) fn silence_of(code: u8) -> Option<Silence> {
    [Silence::NotLeftHome, Silence::NotComeBack, Silence::NoSign].get(usize::from(code)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_comes_back_from_its_bytes() {
        let id = AlarmId { slot: 7, since: 1_700_000_000, question: false };
        let mut tasks: Vec<Task> = [Relief::Sign(5), Relief::Away, Relief::InHospital, Relief::RoutineForgotten]
            .map(|relief| Task::Cleared { id: AlarmId { question: true, ..id }, relief })
            .into();
        tasks.extend((0..3).map(|code| Task::Alarm { id, silence: silence_of(code).unwrap(), deadline: 9 }));
        tasks.push(Task::SoftQuestion { id, due: 11 });
        for task in tasks {
            let effect = Effect { number: u64::MAX - 1, task };
            assert_eq!(Effect::of_bytes(&effect.to_bytes()), Some(effect));
        }
    }
}
