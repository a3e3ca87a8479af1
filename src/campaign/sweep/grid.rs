//! The points of a grid, in order: the first parameter changes slowest.

use super::described::Axis;

/// One value for each parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Its number, from 1.
    pub number: u64,
    /// The values, in the order of the parameters.
    pub values: Vec<String>,
}

/// All points.
pub fn points(axes: &[Axis]) -> Vec<Point> {
    let mut rows: Vec<Vec<String>> = vec![Vec::new()];
    for axis in axes {
        let longer = |row: &Vec<String>| {
            let with = |value: &String| [&row[..], std::slice::from_ref(value)].concat();
            axis.values.iter().map(with).collect::<Vec<_>>()
        };
        rows = rows.iter().flat_map(longer).collect();
    }
    (1..).zip(rows).map(|(number, values)| Point { number, values }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_parameter_changes_fastest() {
        let axis = |name: &str, values: &[&str]| Axis {
            name: name.into(),
            label: name.into(),
            values: values.iter().map(ToString::to_string).collect(),
        };
        let points = points(&[axis("a", &["1", "2"]), axis("b", &["x", "y"])]);
        let told: Vec<_> =
            points.iter().map(|it| format!("{} {}", it.number, it.values.join(""))).collect();
        assert_eq!(told, ["1 1x", "2 1y", "3 2x", "4 2y"]);
    }

    #[test]
    fn without_parameters_there_is_one_point() {
        assert_eq!(points(&[]), [Point { number: 1, values: vec![] }]);
    }
}
