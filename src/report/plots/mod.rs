//! The figures of a sweep: from its rows to SVG and PNG.
//!
//! [`Sheet`] is the rows, [`Figure`] what is to be seen of them, and `draw` puts that on paper. It
//! all comes from `sweep.json` and the CSV files, so that figures can be drawn again without
//! playing. Text is measured with the font beside this file, so that no system's fonts matter.

mod draw;
mod figure;
mod sheet;

pub use figure::Figure;
pub use sheet::Sheet;

use plotters::prelude::*;

/// The size of a figure, in units that are pixels of an SVG at its own size.
const SIZE: (u32, u32) = (800, 500);
/// Pixels of a PNG for each unit.
const PNG_SCALE: u32 = 2;

impl Figure {
    /// The text of an SVG file.
    ///
    /// # Errors
    /// When it can't be drawn.
    pub fn svg(&self) -> Result<String, String> {
        let mut text = String::new();
        draw::figure(&SVGBackend::with_string(&mut text, SIZE).into_drawing_area(), self, 1)?;
        Ok(text)
    }

    /// The bytes of a PNG file.
    ///
    /// # Errors
    /// When it can't be drawn.
    pub fn png(&self) -> Result<Vec<u8>, String> {
        let (width, height) = (SIZE.0 * PNG_SCALE, SIZE.1 * PNG_SCALE);
        let mut pixels = vec![0; (width * height * 3) as usize];
        let backend = BitMapBackend::with_buffer(&mut pixels, (width, height));
        draw::figure(&backend.into_drawing_area(), self, PNG_SCALE)?;
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let written =
            encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels));
        written.map_err(|error| error.to_string())?;
        Ok(bytes)
    }
}
