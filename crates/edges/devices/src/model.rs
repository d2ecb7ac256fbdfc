//! Devices that hear signs of life (看护设备): what stands where, whose it is, with whose permission.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use linli_cases::CaseId;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Rng, Ts, UnknownWord, id_type};
use linli_watch::{SignKind, SignKinds};

use crate::payload::meter::Meter;
use crate::payload::zigbee::Sense;

id_type! {
    /// A device.
    pub struct DeviceId;
}

/// What kind of device it is: which form its messages have (设备类别).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceKind {
    /// A gateway that sends lines of our own form, of many people or of one (网关).
    Gateway,
    /// A camera that recognises whom the family told it to (家庭摄像头, Frigate).
    Frigate,
    /// A camera or sensor that publishes ONVIF events (ONVIF 设备).
    Onvif,
    /// A contact at a door (门磁).
    Contact,
    /// A motion sensor (人体红外).
    Motion,
    /// A vibration sensor (震动传感器).
    Vibration,
    /// A door with a reader that pushes over HTTP (门禁, Hikvision).
    Access,
    /// A water meter (水表).
    Water,
    /// A power meter (电表).
    Power,
}

impl DeviceKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Gateway,
        Self::Frigate,
        Self::Onvif,
        Self::Contact,
        Self::Motion,
        Self::Vibration,
        Self::Access,
        Self::Water,
        Self::Power,
    ];

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Frigate => "frigate",
            Self::Onvif => "onvif",
            Self::Contact => "contact",
            Self::Motion => "motion",
            Self::Vibration => "vibration",
            Self::Access => "access",
            Self::Water => "water",
            Self::Power => "power",
        }
    }

    /// In the words of the desk that mends it.
    #[must_use]
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Gateway => "网关",
            Self::Frigate => "家庭摄像头",
            Self::Onvif => "ONVIF 设备",
            Self::Contact => "门磁",
            Self::Motion => "人体红外",
            Self::Vibration => "震动传感器",
            Self::Access => "门禁",
            Self::Water => "水表",
            Self::Power => "电表",
        }
    }

    /// What it stands for when nobody says otherwise.
    #[must_use]
    pub const fn usual_sign(self) -> SignKind {
        match self {
            Self::Contact | Self::Frigate | Self::Access => SignKind::Door,
            Self::Motion | Self::Onvif | Self::Gateway => SignKind::Motion,
            Self::Vibration | Self::Water | Self::Power => SignKind::Use,
        }
    }

    /// Which kinds of signs a device of this kind brings that stands for that one. A gateway's lines say it themselves.
    #[must_use]
    pub fn brings(self, means: SignKind) -> SignKinds {
        if self == Self::Gateway { SignKinds::of_devices() } else { SignKinds::of([means]) }
    }

    /// Whether who somebody is comes from a face that it recognised, whatever it says.
    #[must_use]
    pub const fn knows_faces(self) -> bool {
        matches!(self, Self::Frigate)
    }

    /// Whether it takes pictures.
    #[must_use]
    pub const fn sees(self) -> bool {
        matches!(self, Self::Frigate | Self::Onvif)
    }

    /// Whether a broker brings its messages, so that it needs a topic.
    #[must_use]
    pub const fn by_broker(self) -> bool {
        !matches!(self, Self::Gateway | Self::Access)
    }

    /// What a small sensor senses.
    #[must_use]
    pub(crate) const fn sense(self) -> Option<Sense> {
        match self {
            Self::Contact => Some(Sense::Contact),
            Self::Motion => Some(Sense::Motion),
            Self::Vibration => Some(Sense::Vibration),
            _ => None,
        }
    }

    /// What a meter meters.
    #[must_use]
    pub(crate) const fn meter(self) -> Option<Meter> {
        match self {
            Self::Water => Some(Meter::Water),
            Self::Power => Some(Meter::Power),
            _ => None,
        }
    }
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DeviceKind {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| UnknownWord(word.to_owned()))
    }
}

/// A device as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// District.
    pub district: DistrictId,
    /// The id.
    pub id: DeviceId,
    /// Where it stands.
    pub place: PlacePath,
    /// What kind it is.
    pub kind: DeviceKind,
    /// What it is called; not after who lives there.
    pub name: String,
    /// The kind of sign that it stands for.
    pub means: SignKind,
    /// The topic or prefix under which a broker has it.
    pub topic: Option<String>,
    /// Which of several sources there, for Frigate the camera.
    pub source: Option<String>,
    /// Whose it is.
    pub owner: String,
    /// Since when there is a permission of whoever lives or decides there (同意安装).
    pub permitted_at: Option<Ts>,
    /// Whether a sign says that there is a camera (提示标识).
    pub sign_posted: bool,
    /// The number under which it is filed with the police (视频图像系统备案编号).
    pub filing_no: Option<String>,
    /// Since when it is kept.
    pub created_at: Ts,
    /// Since when it is retired.
    pub retired_at: Option<Ts>,
    /// The hour in which it was heard last. No finer: it must not say when somebody opened the door.
    pub heard_at: Option<Ts>,
    /// Since when its bridge or broker says that it is gone.
    pub gone_at: Option<Ts>,
    /// Since when it counts as silent (设备失联).
    pub silent_since: Option<Ts>,
    /// The case about it.
    pub case: Option<CaseId>,
}

impl Device {
    /// Whether others pass by it than those who live there.
    #[must_use]
    pub fn in_public(&self) -> bool {
        in_public(&self.place)
    }

    /// Until when a camera in a public place has to be filed; nothing when it is, or need not be.
    #[must_use]
    pub fn filing_due(&self, days: i64) -> Option<Ts> {
        let owed = self.kind.sees() && self.in_public() && self.filing_no.is_none() && self.retired_at.is_none();
        owed.then(|| self.created_at.plus_secs(days * 86_400))
    }
}

pub(crate) fn in_public(place: &PlacePath) -> bool {
    place.level() != Some(PlaceLevel::Home)
}

/// A device that is to be kept.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// Where it stands.
    pub place: PlacePath,
    /// What kind it is.
    pub kind: DeviceKind,
    /// What it is called, 1 to 60 characters.
    pub name: String,
    /// The kind of sign that it stands for; nothing for the usual one.
    pub means: Option<SignKind>,
    /// The topic or prefix under which a broker has it.
    pub topic: Option<String>,
    /// Which of several sources there.
    pub source: Option<String>,
    /// Whose it is, 1 to 60 characters.
    pub owner: String,
    /// Since when there is a permission.
    pub permitted_at: Option<Ts>,
    /// Whether a sign says that there is a camera.
    pub sign_posted: bool,
    /// The number under which it is filed.
    pub filing_no: Option<String>,
}

/// The token of a device, in the open. It is shown once and never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// 256 random bits.
    pub(crate) fn random(rng: &dyn Rng) -> Self {
        let mut bytes = [0_u8; 32];
        rng.fill(&mut bytes);
        Self(format!("dev_{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The text that is put into the device.
    #[must_use]
    pub fn secret_text(&self) -> &str {
        &self.0
    }
}
