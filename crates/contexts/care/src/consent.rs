//! The consents in force of a person, as values. Nothing else makes one, so that no line of code can do what somebody did not agree to: what
//! needs a consent takes it as an argument.

use std::collections::HashSet;

use linli_db::{Conn, DbError};
use linli_kernel::{DistrictId, Ts};
use linli_watch::{AgreedToRoutine, AgreedToWatch, Slot};
use uuid::Uuid;

use crate::error::CareError;
use crate::model::{CarePersonId, Consent, ConsentId, Purpose};
use crate::store;

/// One consent that was in force when it was asked for (有效的单独同意).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Given {
    person: CarePersonId,
    consent: ConsentId,
    given_at: Ts,
    expires_at: Ts,
}

macro_rules! proofs {
    ($( $(#[$meta:meta])* $name:ident ; )+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(Given);

        impl $name {
            /// Whose it is.
            #[must_use]
            pub const fn person(&self) -> CarePersonId {
                self.0.person
            }

            /// The record.
            #[must_use]
            pub const fn consent(&self) -> ConsentId {
                self.0.consent
            }

            /// Since when it holds.
            #[must_use]
            pub const fn given_at(&self) -> Ts {
                self.0.given_at
            }

            /// Until when it holds.
            #[must_use]
            pub const fn expires_at(&self) -> Ts {
                self.0.expires_at
            }
        }
    )+ };
}

proofs! {
    /// Agreed to the watch (同意看护).
    WatchConsent;
    /// Agreed that the routine is learned (同意学习作息).
    RoutineConsent;
    /// Agreed that readings are kept (同意保存读数).
    ReadingsConsent;
    /// Agreed that a hospital tells of admission and discharge (同意住院告知).
    HospitalConsent;
    /// Agreed that a face that was recognised says who it was (同意使用人脸比对结果).
    FaceConsent;
}

/// What a person has agreed to now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InForce {
    /// To the watch.
    pub watch: Option<WatchConsent>,
    /// That the routine is learned.
    pub routine: Option<RoutineConsent>,
    /// That readings are kept.
    pub readings: Option<ReadingsConsent>,
    /// That a hospital tells.
    pub hospital: Option<HospitalConsent>,
    /// That a face says who it was.
    pub face: Option<FaceConsent>,
}

impl InForce {
    fn of(consents: &[Consent], at: Ts) -> Self {
        let given = |purpose: Purpose| {
            let found = consents.iter().find(|consent| consent.purpose == purpose && consent.in_force(at))?;
            Some(Given { person: found.person, consent: found.id, given_at: found.given_at, expires_at: found.expires_at })
        };
        Self {
            watch: given(Purpose::Watch).map(WatchConsent),
            routine: given(Purpose::Routine).map(RoutineConsent),
            readings: given(Purpose::Readings).map(ReadingsConsent),
            hospital: given(Purpose::Hospital).map(HospitalConsent),
            face: given(Purpose::Face).map(FaceConsent),
        }
    }

    /// Whether a purpose is agreed to.
    #[must_use]
    pub const fn has(&self, purpose: Purpose) -> bool {
        match purpose {
            Purpose::Watch => self.watch.is_some(),
            Purpose::Routine => self.routine.is_some(),
            Purpose::Readings => self.readings.is_some(),
            Purpose::Hospital => self.hospital.is_some(),
            Purpose::Face => self.face.is_some(),
        }
    }
}

/// What a person has agreed to at an instant: the one query that makes proofs of consent.
///
/// # Errors
/// Store errors.
pub async fn in_force(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId, at: Ts) -> Result<InForce, CareError> {
    Ok(InForce::of(&store::consents::of_person(c, district, person).await?, at))
}

/// Whether somebody agreed that what recognises a face may say who it was; nothing for a number that nobody has.
///
/// # Errors
/// Store errors.
pub async fn agreed_to_faces(
    c: &mut Conn<'_>,
    district: DistrictId,
    person: CarePersonId,
    at: Ts,
) -> Result<Option<bool>, DbError> {
    if store::person(c, district, person).await?.is_none() {
        return Ok(None);
    }
    let consents = store::consents::of_person(c, district, person).await?;
    Ok(Some(consents.iter().any(|consent| consent.purpose == Purpose::Face && consent.in_force(at))))
}

/// All of a district who did, by their numbers.
///
/// # Errors
/// Store errors.
pub async fn all_who_agreed_to_faces(c: &mut Conn<'_>, district: DistrictId, at: Ts) -> Result<HashSet<Uuid>, DbError> {
    Ok(store::consents::who_agreed(c, district, Purpose::Face, at).await?.into_iter().collect())
}

/// The consent to the watch beside the number of the person: what the engine takes.
pub(crate) struct Enrolling {
    slot: Slot,
}

impl Enrolling {
    pub(crate) const fn under(_: &WatchConsent, slot: Slot) -> Self {
        Self { slot }
    }
}

impl AgreedToWatch for Enrolling {
    fn slot(&self) -> Slot {
        self.slot
    }
}

/// The consent to a learned routine beside the number of the person.
pub(crate) struct Learning {
    slot: Slot,
}

impl Learning {
    pub(crate) const fn under(_: &RoutineConsent, slot: Slot) -> Self {
        Self { slot }
    }
}

impl AgreedToRoutine for Learning {
    fn slot(&self) -> Slot {
        self.slot
    }
}
