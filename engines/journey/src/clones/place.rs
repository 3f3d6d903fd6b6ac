//! Places and distances.

/// How a place came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The reader's phone or the reader said so.
    Given,
    /// It was inferred from the network: it may be a relay's place and not the reader's.
    Network,
}

/// A place on the earth with the radius in which it is believed to lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Ten-thousandths of a degree, north positive: about 11 m.
    pub latitude_e4: i32,
    /// Ten-thousandths of a degree, east positive.
    pub longitude_e4: i32,
    /// Radius of uncertainty, kilometres.
    pub radius_km: u16,
    /// How it is known.
    pub source: Source,
}

/// Mean radius of the earth, kilometres (IUGG R1).
const EARTH_KM: f64 = 6371.0088;

impl Place {
    /// A place from degrees; `None` outside the globe, for what is no number, and for 0/0, which broken receivers report.
    pub fn from_degrees(latitude: f64, longitude: f64, radius_km: f64, source: Source) -> Option<Place> {
        let on_globe = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        if !on_globe || (latitude.abs() < 0.001 && longitude.abs() < 0.001) {
            return None;
        }
        Some(Place {
            latitude_e4: (latitude * 1e4).round() as i32,
            longitude_e4: (longitude * 1e4).round() as i32,
            radius_km: radius_km.clamp(0.0, f64::from(u16::MAX)).ceil() as u16,
            source,
        })
    }

    /// Degrees north.
    pub fn latitude(&self) -> f64 {
        f64::from(self.latitude_e4) / 1e4
    }

    /// Degrees east.
    pub fn longitude(&self) -> f64 {
        f64::from(self.longitude_e4) / 1e4
    }

    /// Distance between the two points, kilometres: haversine on the mean sphere (within 0.6 % of the ellipsoid).
    pub fn distance_km(&self, other: &Place) -> f64 {
        let (a, b) = (self.latitude().to_radians(), other.latitude().to_radians());
        let half_latitude = (b - a) / 2.0;
        let half_longitude = (other.longitude() - self.longitude()).to_radians() / 2.0;
        let h = half_latitude.sin().powi(2) + a.cos() * b.cos() * half_longitude.sin().powi(2);
        2.0 * EARTH_KM * h.sqrt().min(1.0).asin()
    }

    /// The least distance the two can have, given how well both are known, kilometres.
    pub fn distance_at_least_km(&self, other: &Place) -> f64 {
        (self.distance_km(other) - f64::from(self.radius_km) - f64::from(other.radius_km)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(latitude: f64, longitude: f64, radius_km: f64) -> Place {
        Place::from_degrees(latitude, longitude, radius_km, Source::Given).unwrap()
    }

    #[test]
    fn distances_are_those_of_an_atlas() {
        let (beijing, shanghai) = (at(39.9042, 116.4074, 0.0), at(31.2304, 121.4737, 0.0));
        let km = beijing.distance_km(&shanghai);
        assert!((1060.0..1075.0).contains(&km), "{km}");
        assert!((at(0.0, 179.9, 0.0).distance_km(&at(0.0, -179.9, 0.0)) - 22.24).abs() < 0.1, "over the date line");
        assert!((at(90.0, 0.0, 0.0).distance_km(&at(-90.0, 10.0, 0.0)) - 20015.1).abs() < 1.0, "pole to pole");
    }

    #[test]
    fn what_is_not_known_well_is_not_held_against_anybody() {
        let (near, far) = (at(31.0, 121.0, 600.0), at(39.9, 116.4, 600.0));
        assert_eq!(near.distance_at_least_km(&far), 0.0);
    }

    #[test]
    fn broken_receivers_have_no_place() {
        for (latitude, longitude) in [(0.0, 0.0), (91.0, 0.0), (0.0, 181.0), (f64::NAN, 1.0), (1.0, f64::INFINITY)] {
            assert_eq!(Place::from_degrees(latitude, longitude, 1.0, Source::Given), None);
        }
    }
}
