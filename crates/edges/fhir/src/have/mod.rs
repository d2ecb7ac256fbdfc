//! EDXL-HAVE 1.0 (OASIS, Hospital AVailability Exchange): the beds of institutions, as other registers of hospitals write and read them.
//!
//! The schema of OASIS is in no registry of packages; the elements written here are those on which two other programs agree (NIEM have-codes 4.0,
//! the exchange of Sahana Eden). HAVE 2.0 is another document and is refused by its name.

pub(crate) mod read;
pub(crate) mod write;

use linli_treatment::model::beds::BedType;

/// The media type of a document.
pub(crate) const XML: &str = "application/xml; charset=utf-8";
/// The elements of HAVE 1.0.
pub(crate) const HAVE: &str = "urn:oasis:names:tc:emergency:EDXL:HAVE:1.0";
/// Names of organisations (CIQ 3).
pub(crate) const XNL: &str = "urn:oasis:names:tc:ciq:xnl:3";
/// Addresses (CIQ 3).
const XAL: &str = "urn:oasis:names:tc:ciq:xal:3";
/// Parties (CIQ 3).
const XPIL: &str = "urn:oasis:names:tc:ciq:xpil:3";
/// Places.
const GML: &str = "http://www.opengis.net/gml";

/// Kinds of beds that HAVE has a name for. 观察床 stand in the emergency department. What HAVE calls isolation with negative flow is not told apart
/// here, so it is never claimed. Beds for infusion have no name there.
const BED_TYPES: [(BedType, &str); 6] = [
    (BedType::Icu, "AdultICU"),
    (BedType::Picu, "PediatricICU"),
    (BedType::Observation, "EmergencyDepartment"),
    (BedType::Ward, "MedicalSurgical"),
    (BedType::Isolation, "OtherIsolation"),
    (BedType::Rehab, "RehabLongTermCare"),
];
