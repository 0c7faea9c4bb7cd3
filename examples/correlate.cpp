// Normalized cross-correlation in C++, one file, no library:
//
//     g++ -O2 -std=c++17 -o correlate examples/correlate.cpp
//     process:./correlate
//
// It keeps the gray levels of the first box, reduced to at most 24 x 24, and searches for them around the last box.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

struct Box {
    double x, y, w, h;
};

struct Image {
    int width = 0, height = 0;
    std::vector<float> levels;

    // Outside the image, the nearest pixel.
    float at(int x, int y) const {
        x = std::clamp(x, 0, width - 1);
        y = std::clamp(y, 0, height - 1);
        return levels[static_cast<std::size_t>(y) * width + x];
    }
};

struct Frame {
    int width = 0, height = 0;
    std::vector<unsigned char> bytes;  // red, green, blue, row by row
};

// Reads a binary PPM into `frame`, whose memory is reused.
void read(const std::string &path, Frame &frame) {
    std::ifstream file(path, std::ios::binary);
    std::string kind;
    int greatest = 0;
    if (!(file >> kind >> frame.width >> frame.height >> greatest) || kind != "P6" || greatest != 255)
        throw std::runtime_error(path + " is not a binary PPM");
    file.get();
    frame.bytes.resize(static_cast<std::size_t>(frame.width) * frame.height * 3);
    if (!file.read(reinterpret_cast<char *>(frame.bytes.data()), frame.bytes.size()))
        throw std::runtime_error(path + " is truncated");
}

Image gray(const Frame &frame) {
    Image image{frame.width, frame.height, std::vector<float>(frame.bytes.size() / 3)};
    const unsigned char *pixel = frame.bytes.data();
    for (float &level : image.levels) {
        level = 0.299f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2];
        pixel += 3;
    }
    return image;
}

// Samples columns x rows levels from x, y on, each the mean of step x step pixels.
std::vector<float> sample(const Image &image, double x, double y, int columns, int rows, double step) {
    std::vector<float> levels;
    const int size = std::max(1, static_cast<int>(step));
    for (int row = 0; row < rows; ++row)
        for (int column = 0; column < columns; ++column) {
            const int left = static_cast<int>(std::floor(x + column * step));
            const int top = static_cast<int>(std::floor(y + row * step));
            float sum = 0;
            for (int down = 0; down < size; ++down)
                for (int right = 0; right < size; ++right) sum += image.at(left + right, top + down);
            levels.push_back(sum / (size * size));
        }
    return levels;
}

class Tracker {
  public:
    void init(const Image &image, Box start) {
        box = start;
        step = std::max(1.0, std::max(box.w, box.h) / 24);
        columns = std::max(1, static_cast<int>(box.w / step));
        rows = std::max(1, static_cast<int>(box.h / step));
        target = sample(image, box.x, box.y, columns, rows, step);
        normalize(target);
    }

    Box update(const Image &image) {
        const int reach = std::max(columns, rows);  // the longer side of the box
        const int width = columns + 2 * reach, height = rows + 2 * reach;
        const auto around = sample(image, box.x - reach * step, box.y - reach * step, width, height, step);
        double best = -2;
        int best_x = reach, best_y = reach;
        std::vector<float> patch(target.size());
        for (int y = 0; y + rows <= height; ++y)
            for (int x = 0; x + columns <= width; ++x) {
                for (int row = 0; row < rows; ++row)
                    std::copy_n(&around[(y + row) * width + x], columns, &patch[row * columns]);
                normalize(patch);
                double score = 0;
                for (std::size_t i = 0; i < patch.size(); ++i) score += patch[i] * target[i];
                if (score > best) best = score, best_x = x, best_y = y;
            }
        box.x += (best_x - reach) * step;
        box.y += (best_y - reach) * step;
        box.x = std::clamp(box.x, -box.w / 2, image.width - box.w / 2);
        box.y = std::clamp(box.y, -box.h / 2, image.height - box.h / 2);
        return box;
    }

  private:
    Box box{};
    double step = 1;
    int columns = 0, rows = 0;
    std::vector<float> target;

    // To mean 0 and length 1, so that a sum of products is a correlation; a uniform patch becomes 0.
    static void normalize(std::vector<float> &levels) {
        float mean = 0, square = 0;
        for (float level : levels) mean += level / levels.size();
        for (float &level : levels) level -= mean, square += level * level;
        const float length = std::sqrt(square);
        for (float &level : levels) level = length > 1e-3f ? level / length : 0;
    }
};

// Returns what follows "name": in a request, up to the end of the line.
std::istringstream value(const std::string &request, const std::string &name) {
    const auto place = request.find("\"" + name + "\": ");
    if (place == std::string::npos) throw std::runtime_error("no " + name + " in " + request);
    return std::istringstream(request.substr(place + name.size() + 4));
}

std::string path(const std::string &request, const std::string &name) {
    std::string text;
    auto rest = value(request, name);
    rest.get();
    std::getline(rest, text, '"');
    return text;
}

int main() {
    std::cout << "{\"ready\": 1, \"deterministic\": true}" << std::endl;
    std::cout.precision(17);
    Tracker tracker;
    Frame frame;
    for (std::string request; std::getline(std::cin, request);) {
        const bool first = request.find("\"init\": ") != std::string::npos;
        read(path(request, first ? "init" : "track"), frame);
        const auto begin = std::chrono::steady_clock::now();
        const Image image = gray(frame);
        Box box{};
        if (first) {
            char sign;
            auto numbers = value(request, "box");
            numbers >> sign >> box.x >> sign >> box.y >> sign >> box.w >> sign >> box.h;
            tracker.init(image, box);
        } else {
            box = tracker.update(image);
        }
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
        std::cout << "{\"box\": [" << box.x << ", " << box.y << ", " << box.w << ", " << box.h
                  << "], \"seconds\": " << seconds.count() << "}" << std::endl;
    }
}
