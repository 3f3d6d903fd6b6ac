//! The Core Business Vocabulary 2.0 and the measurement types of the GS1 Web Vocabulary: the words, and the three
//! forms in which each may be written (bare word, CURIE, web URI).

/// Where the words of a field live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vocabulary {
    /// Business steps (CBV 2.0, 7.1).
    BizStep,
    /// Dispositions (7.2).
    Disposition,
    /// Business transaction types (7.3).
    TransactionType,
    /// Source and destination types (7.4).
    SourceDestination,
    /// Error reasons (7.5).
    ErrorReason,
    /// Components of vectors and coordinates (7.8).
    Component,
    /// Measurement types (GS1 Web Vocabulary).
    Measurement,
    /// Sensor alerts (GS1 Web Vocabulary).
    Alert,
}

const CBV: &str = "https://ref.gs1.org/cbv/";
const GS1: &str = "https://gs1.org/voc/";

impl Vocabulary {
    /// The start of the full URI of each word, for instance `https://ref.gs1.org/cbv/BizStep-`.
    pub fn stem(self) -> &'static str {
        match self {
            Vocabulary::BizStep => "https://ref.gs1.org/cbv/BizStep-",
            Vocabulary::Disposition => "https://ref.gs1.org/cbv/Disp-",
            Vocabulary::TransactionType => "https://ref.gs1.org/cbv/BTT-",
            Vocabulary::SourceDestination => "https://ref.gs1.org/cbv/SDT-",
            Vocabulary::ErrorReason => "https://ref.gs1.org/cbv/ER-",
            Vocabulary::Component => "https://ref.gs1.org/cbv/Comp-",
            Vocabulary::Measurement | Vocabulary::Alert => GS1,
        }
    }

    /// The bare words.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Vocabulary::BizStep => BIZ_STEPS,
            Vocabulary::Disposition => DISPOSITIONS,
            Vocabulary::TransactionType => TRANSACTION_TYPES,
            Vocabulary::SourceDestination => SOURCE_DESTINATION_TYPES,
            Vocabulary::ErrorReason => ERROR_REASONS,
            Vocabulary::Component => COMPONENTS,
            Vocabulary::Measurement => MEASUREMENTS,
            Vocabulary::Alert => ALERTS,
        }
    }

    /// The field's words in the message of a refusal.
    pub(crate) fn names(self) -> (&'static str, &'static str) {
        match self {
            Vocabulary::BizStep => ("业务步骤", "business step"),
            Vocabulary::Disposition => ("状态", "disposition"),
            Vocabulary::TransactionType => ("业务单据类型", "business transaction type"),
            Vocabulary::SourceDestination => ("来源或去向类型", "source or destination type"),
            Vocabulary::ErrorReason => ("更正原因", "error reason"),
            Vocabulary::Component => ("分量", "component"),
            Vocabulary::Measurement => ("测量类型", "measurement type"),
            Vocabulary::Alert => ("传感器告警", "sensor alert"),
        }
    }

    fn urn_stem(self) -> Option<&'static str> {
        match self {
            Vocabulary::BizStep => Some("urn:epcglobal:cbv:bizstep:"),
            Vocabulary::Disposition => Some("urn:epcglobal:cbv:disp:"),
            Vocabulary::TransactionType => Some("urn:epcglobal:cbv:btt:"),
            Vocabulary::SourceDestination => Some("urn:epcglobal:cbv:sdt:"),
            Vocabulary::ErrorReason => Some("urn:epcglobal:cbv:er:"),
            Vocabulary::Component | Vocabulary::Measurement | Vocabulary::Alert => None,
        }
    }

    /// The full URI of a bare word of this vocabulary.
    pub fn uri(self, word: &str) -> Option<String> {
        self.words().contains(&word).then(|| format!("{}{word}", self.stem()))
    }

    /// The bare word of a full URI of this vocabulary (also one that is not in the list of words).
    pub fn word(self, uri: &str) -> Option<&str> {
        uri.strip_prefix(self.stem()).or_else(|| self.urn_stem().and_then(|stem| uri.strip_prefix(stem)))
    }

    /// Every way of writing a word becomes the full URI; anything else stays as it is.
    pub fn canonical(self, value: &str) -> String {
        if let Some(uri) = self.uri(value) {
            return uri;
        }
        match self.word(value) {
            Some(word) => format!("{}{word}", self.stem()),
            None => value.to_owned(),
        }
    }
}

/// The bare word of any full CBV or GS1 vocabulary URI, or the value itself. For showing and for short columns.
pub fn bare(uri: &str) -> &str {
    let all = [
        Vocabulary::BizStep,
        Vocabulary::Disposition,
        Vocabulary::TransactionType,
        Vocabulary::SourceDestination,
        Vocabulary::ErrorReason,
        Vocabulary::Component,
        Vocabulary::Measurement,
    ];
    if !uri.starts_with(CBV) && !uri.starts_with(GS1) && !uri.starts_with("urn:epcglobal:cbv:") {
        return uri;
    }
    all.iter().find_map(|vocabulary| vocabulary.word(uri)).unwrap_or(uri)
}

/// Old CBV URNs become the web URIs of CBV 2.0 (CBV 2.0, 8.9 rule 14). `None` for every other text.
pub(crate) fn from_urn(value: &str) -> Option<String> {
    let rest = value.strip_prefix("urn:epcglobal:cbv:")?;
    [
        Vocabulary::BizStep,
        Vocabulary::Disposition,
        Vocabulary::TransactionType,
        Vocabulary::SourceDestination,
        Vocabulary::ErrorReason,
    ]
    .iter()
    .filter(|_| !rest.is_empty())
    .find_map(|vocabulary| Some(format!("{}{}", vocabulary.stem(), value.strip_prefix(vocabulary.urn_stem()?)?)))
}

/// Business steps of CBV 2.0.
pub const BIZ_STEPS: &[&str] = &[
    "accepting",
    "arriving",
    "assembling",
    "collecting",
    "commissioning",
    "consigning",
    "creating_class_instance",
    "cycle_counting",
    "decommissioning",
    "departing",
    "destroying",
    "disassembling",
    "dispensing",
    "encoding",
    "entering_exiting",
    "holding",
    "inspecting",
    "installing",
    "killing",
    "loading",
    "other",
    "packing",
    "picking",
    "receiving",
    "removing",
    "repackaging",
    "repairing",
    "replacing",
    "reserving",
    "retail_selling",
    "sampling",
    "sensor_reporting",
    "shipping",
    "staging_outbound",
    "stock_taking",
    "stocking",
    "storing",
    "transporting",
    "unloading",
    "unpacking",
    "void_shipping",
];

/// Dispositions of CBV 2.0.
pub const DISPOSITIONS: &[&str] = &[
    "active",
    "available",
    "completeness_inferred",
    "completeness_verified",
    "conformant",
    "container_closed",
    "container_open",
    "damaged",
    "destroyed",
    "dispensed",
    "disposed",
    "encoded",
    "expired",
    "in_progress",
    "in_transit",
    "inactive",
    "mismatch_class",
    "mismatch_instance",
    "mismatch_quantity",
    "needs_replacement",
    "no_pedigree_match",
    "non_conformant",
    "non_sellable_other",
    "partially_dispensed",
    "recalled",
    "reserved",
    "retail_sold",
    "returned",
    "sellable_accessible",
    "sellable_not_accessible",
    "stolen",
    "unavailable",
    "unknown",
];

/// Business transaction types of CBV 2.0.
pub const TRANSACTION_TYPES: &[&str] = &[
    "bol",
    "cert",
    "desadv",
    "inv",
    "pedigree",
    "po",
    "poc",
    "prodorder",
    "recadv",
    "rma",
    "testprd",
    "testres",
    "upevt",
];

/// Source and destination types of CBV 2.0.
pub const SOURCE_DESTINATION_TYPES: &[&str] = &["owning_party", "possessing_party", "location"];

/// Error reasons of CBV 2.0.
pub const ERROR_REASONS: &[&str] = &["did_not_occur", "incorrect_data"];

/// Components of vectors and coordinates of CBV 2.0.
pub const COMPONENTS: &[&str] = &[
    "x",
    "y",
    "z",
    "axial_distance",
    "azimuth",
    "height",
    "spherical_radius",
    "polar_angle",
    "elevation_angle",
    "easting",
    "northing",
    "latitude",
    "longitude",
    "altitude",
];

/// Measurement types of the GS1 Web Vocabulary.
pub const MEASUREMENTS: &[&str] = &[
    "AbsoluteHumidity",
    "AbsorbedDose",
    "AbsorbedDoseRate",
    "Acceleration",
    "Altitude",
    "AmountOfSubstance",
    "AmountOfSubstancePerUnitVolume",
    "Angle",
    "AngularAcceleration",
    "AngularMomentum",
    "AngularVelocity",
    "Area",
    "Capacitance",
    "Conductance",
    "Conductivity",
    "Count",
    "Density",
    "Dimensionless",
    "DoseEquivalent",
    "DoseEquivalentRate",
    "DynamicViscosity",
    "ElectricCharge",
    "ElectricCurrent",
    "ElectricCurrentDensity",
    "ElectricFieldStrength",
    "Energy",
    "Exposure",
    "Force",
    "Frequency",
    "Illuminance",
    "Inductance",
    "Irradiance",
    "KinematicViscosity",
    "Length",
    "LinearMomentum",
    "Luminance",
    "LuminousFlux",
    "LuminousIntensity",
    "MagneticFlux",
    "MagneticFluxDensity",
    "MagneticVectorPotential",
    "Mass",
    "MassConcentration",
    "MassFlowRate",
    "MassPerAreaTime",
    "MemoryCapacity",
    "MolalityOfSolute",
    "MolarEnergy",
    "MolarMass",
    "MolarVolume",
    "Power",
    "Pressure",
    "RadiantFlux",
    "RadiantIntensity",
    "Radioactivity",
    "RelativeHumidity",
    "Resistance",
    "Resistivity",
    "SolidAngle",
    "SpecificVolume",
    "Speed",
    "SurfaceDensity",
    "SurfaceTension",
    "Temperature",
    "Time",
    "Torque",
    "Voltage",
    "Volume",
    "VolumeFlowRate",
    "VolumeFraction",
    "VolumetricFlux",
    "Wavenumber",
];

/// Sensor alerts of the GS1 Web Vocabulary.
pub const ALERTS: &[&str] = &["ALARM_CONDITION", "ERROR_CONDITION"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_its_urn_and_its_uri_are_one() {
        for value in ["shipping", "urn:epcglobal:cbv:bizstep:shipping", "https://ref.gs1.org/cbv/BizStep-shipping"] {
            assert_eq!(Vocabulary::BizStep.canonical(value), "https://ref.gs1.org/cbv/BizStep-shipping");
        }
        assert_eq!(bare("https://ref.gs1.org/cbv/BTT-po"), "po");
        assert_eq!(bare("https://gs1.org/voc/Temperature"), "Temperature");
        assert_eq!(bare("https://example.com/step"), "https://example.com/step");
        assert_eq!(from_urn("urn:epcglobal:cbv:bt:4012345000009:1"), None);
        assert_eq!(
            from_urn("urn:epcglobal:cbv:er:incorrect_data").as_deref(),
            Some("https://ref.gs1.org/cbv/ER-incorrect_data")
        );
    }
}
