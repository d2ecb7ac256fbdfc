//! What people decide about a person's watch. To enrol somebody takes a proof of consent; there is no other way to make the command.

use crate::effect::{silence_code, silence_of};
use crate::pack::Silence;
use crate::sign::{Second, Slot};

/// Proof that this person agreed to be watched (同意看护).
///
/// The caller implements it for a type that only its own record of consents can make; so there is no line of code that enrols
/// somebody without having had a consent in hand. It names the person, so that no consent enrols somebody else.
pub trait AgreedToWatch {
    /// Who agreed.
    fn slot(&self) -> Slot;
}

/// Proof that this person agreed that a routine is learned (同意学习作息): a consent of its own.
pub trait AgreedToRoutine {
    /// Who agreed.
    fn slot(&self) -> Slot;
}

/// A decision about one person. It cannot be copied: one proof makes one enrolment.
#[derive(Debug, PartialEq, Eq)]
pub struct Command(pub(crate) Order);

/// What a [`Command`] holds, and what the watch writes down itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// `since` is 0 for now.
    Enrol {
        slot: Slot,
        pack: u8,
        since: Second,
    },
    Learn {
        slot: Slot,
    },
    ForgetRoutine {
        slot: Slot,
    },
    Withdraw {
        slot: Slot,
    },
    Repack {
        slot: Slot,
        pack: u8,
    },
    Away {
        slot: Slot,
        until: Second,
    },
    Back {
        slot: Slot,
    },
    Hospital {
        slot: Slot,
        on: bool,
    },
    Unheard {
        slot: Slot,
        on: bool,
    },
    Raise {
        slot: Slot,
        since: Second,
        silence: Silence,
        deadline: Second,
    },
    Ask {
        slot: Slot,
        since: Second,
        due: Second,
    },
    Confirm {
        number: u64,
    },
    TrustClock {
        now: Second,
    },
    /// Goes on with somebody whom another engine watched. Whoever is known here is known as this says, unless from a later second.
    CarryOn {
        slot: Slot,
        pack: u8,
        since: Second,
        out: bool,
    },
}

impl Command {
    /// Begins the watch. Silence is counted from now.
    pub fn enrol(consent: &impl AgreedToWatch, pack: u8) -> Self {
        Self::enrol_seen(consent, pack, 0)
    }

    /// Begins the watch of somebody who was last seen or heard well at that second: silence is counted from it, and an alarm that is due
    /// already is raised at once. A second that is still to come counts as now.
    pub fn enrol_seen(consent: &impl AgreedToWatch, pack: u8, since: Second) -> Self {
        Self(Order::Enrol { slot: consent.slot(), pack, since })
    }

    /// Begins to learn the routine.
    pub fn learn_routine(consent: &impl AgreedToRoutine) -> Self {
        Self(Order::Learn { slot: consent.slot() })
    }

    /// Forgets the routine and goes on watching. It is out of every file as after a withdrawal.
    pub fn forget_routine(slot: Slot) -> Self {
        Self(Order::ForgetRoutine { slot })
    }

    /// Ends the watch (撤回同意). From the answer on nothing is in memory; within the next compaction nothing is in any file.
    pub fn withdraw(slot: Slot) -> Self {
        Self(Order::Withdraw { slot })
    }

    /// Gives the person other rules. An alarm that is open stays open.
    pub fn change_pack(slot: Slot, pack: u8) -> Self {
        Self(Order::Repack { slot, pack })
    }

    /// Away until then (外出): signs before it do not count, silence is counted from it. Said again it moves the end.
    pub fn away(slot: Slot, until: Second) -> Self {
        Self(Order::Away { slot, until })
    }

    /// Back before the end of the absence, from now on.
    pub fn back(slot: Slot) -> Self {
        Self(Order::Back { slot })
    }

    /// In hospital (住院): no alarm until it ends; silence is counted from the end.
    pub fn in_hospital(slot: Slot, on: bool) -> Self {
        Self(Order::Hospital { slot, on })
    }

    /// All devices of this person are silent themselves (设备失联): the person is not watched, and that is somebody's work. No new
    /// alarm until it ends; an open one stays open.
    pub fn unheard(slot: Slot, on: bool) -> Self {
        Self(Order::Unheard { slot, on })
    }
}

impl Command {
    /// Whom it is about.
    #[must_use]
    pub fn slot(&self) -> Option<Slot> {
        self.0.slot()
    }

    /// For an engine in another process.
    #[must_use]
    pub fn to_wire(&self) -> [u8; ORDER_BYTES] {
        self.0.to_bytes()
    }

    /// What came over the wire. It carries no proof any more: whoever may write to that wire speaks for those who keep the consents. Nothing
    /// when it is no decision about a person.
    #[must_use]
    pub fn of_wire(bytes: [u8; ORDER_BYTES]) -> Option<Self> {
        let order = Order::of_bytes(bytes)?;
        let decided = order.slot().is_some() && !matches!(order, Order::Raise { .. } | Order::Ask { .. });
        decided.then_some(Self(order))
    }
}

/// Bytes of a decision in the log and over a wire.
pub const ORDER_BYTES: usize = 16;

impl Order {
    /// Whose it is, if it is about a person.
    pub(crate) fn slot(self) -> Option<Slot> {
        match self {
            Self::Enrol { slot, .. }
            | Self::Learn { slot }
            | Self::ForgetRoutine { slot }
            | Self::Withdraw { slot }
            | Self::Repack { slot, .. }
            | Self::Away { slot, .. }
            | Self::Back { slot }
            | Self::Hospital { slot, .. }
            | Self::Unheard { slot, .. }
            | Self::Raise { slot, .. }
            | Self::Ask { slot, .. }
            | Self::CarryOn { slot, .. } => Some(slot),
            Self::Confirm { .. } | Self::TrustClock { .. } => None,
        }
    }

    pub(crate) fn to_bytes(self) -> [u8; ORDER_BYTES] {
        let (code, small, slot, a, b) = match self {
            Self::Enrol { slot, pack, since } => (1, pack, slot, since, 0),
            Self::Learn { slot } => (2, 0, slot, 0, 0),
            Self::ForgetRoutine { slot } => (3, 0, slot, 0, 0),
            Self::Withdraw { slot } => (4, 0, slot, 0, 0),
            Self::Repack { slot, pack } => (5, pack, slot, 0, 0),
            Self::Away { slot, until } => (6, 0, slot, until, 0),
            Self::Back { slot } => (7, 0, slot, 0, 0),
            Self::Hospital { slot, on } => (8, u8::from(on), slot, 0, 0),
            Self::Unheard { slot, on } => (9, u8::from(on), slot, 0, 0),
            Self::Raise { slot, since, silence, deadline } => (10, silence_code(silence), slot, since, deadline),
            Self::Ask { slot, since, due } => (11, 0, slot, since, due),
            Self::Confirm { number } => {
                let [a, b, c, d, e, f, g, h] = number.to_le_bytes();
                (12, 0, 0, u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
            }
            Self::TrustClock { now } => (13, 0, 0, now, 0),
            Self::CarryOn { slot, pack, since, out } => (14, pack, slot, since, u32::from(out)),
        };
        let [s0, s1, s2, s3] = slot.to_le_bytes();
        let [a0, a1, a2, a3] = u32::to_le_bytes(a);
        let [b0, b1, b2, b3] = u32::to_le_bytes(b);
        [code, small, 0, 0, s0, s1, s2, s3, a0, a1, a2, a3, b0, b1, b2, b3]
    }

    pub(crate) fn of_bytes(bytes: [u8; ORDER_BYTES]) -> Option<Self> {
        let [code, small, _, _, s0, s1, s2, s3, a0, a1, a2, a3, b0, b1, b2, b3] = bytes;
        let slot = u32::from_le_bytes([s0, s1, s2, s3]);
        let (a, b) = (u32::from_le_bytes([a0, a1, a2, a3]), u32::from_le_bytes([b0, b1, b2, b3]));
        Some(match code {
            1 => Self::Enrol { slot, pack: small, since: a },
            2 => Self::Learn { slot },
            3 => Self::ForgetRoutine { slot },
            4 => Self::Withdraw { slot },
            5 => Self::Repack { slot, pack: small },
            6 => Self::Away { slot, until: a },
            7 => Self::Back { slot },
            8 => Self::Hospital { slot, on: small == 1 },
            9 => Self::Unheard { slot, on: small == 1 },
            10 => Self::Raise { slot, since: a, silence: silence_of(small)?, deadline: b },
            11 => Self::Ask { slot, since: a, due: b },
            12 => Self::Confirm { number: u64::from(a) | u64::from(b) << 32 },
            13 => Self::TrustClock { now: a },
            14 => Self::CarryOn { slot, pack: small, since: a, out: b == 1 },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_decisions_about_a_person_come_over_the_wire() {
        let away = Command::away(7, 99);
        assert_eq!(Command::of_wire(away.to_wire()), Some(away));
        for order in [Order::Confirm { number: 1 }, Order::TrustClock { now: 1 }, Order::Ask { slot: 1, since: 2, due: 3 }] {
            assert_eq!(Command::of_wire(order.to_bytes()), None);
        }
    }

    #[test]
    fn every_order_comes_back_from_its_bytes() {
        let slot = 4_000_000_000;
        for order in [
            Order::Enrol { slot, pack: 127, since: 0 },
            Order::Enrol { slot, pack: 3, since: 9 },
            Order::Learn { slot },
            Order::ForgetRoutine { slot },
            Order::Withdraw { slot },
            Order::Repack { slot, pack: 3 },
            Order::Away { slot, until: 9 },
            Order::Back { slot },
            Order::Hospital { slot, on: true },
            Order::Hospital { slot, on: false },
            Order::Unheard { slot, on: true },
            Order::Raise { slot, since: 1, silence: Silence::NotComeBack, deadline: 2 },
            Order::Ask { slot, since: 3, due: 4 },
            Order::Confirm { number: u64::MAX - 5 },
            Order::TrustClock { now: 77 },
            Order::CarryOn { slot, pack: 4, since: 5, out: true },
        ] {
            assert_eq!(Order::of_bytes(order.to_bytes()), Some(order));
        }
        assert_eq!(Order::of_bytes([0; ORDER_BYTES]), None);
    }
}
